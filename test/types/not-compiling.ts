// What must not compile. Nothing of this runs: `tsc -p test` fails where an error that is expected is none.

import { cache, files, image, interpolate, type Output, secret } from "strake";

const app = image().from("scratch");

// Before there is a base, a base is all that can be said.
// @ts-expect-error a command needs a base
image().run("make");
// @ts-expect-error a copy needs a base
image().copy("a", "b");
// @ts-expect-error settings need a base
image().env({ A: "b" });
// @ts-expect-error a base is said once
app.from("scratch");
// @ts-expect-error what has no base is no base
image().from(image());
// @ts-expect-error an image needs a name or a value
image().from();
// @ts-expect-error a number is no base
image().from(5);

// @ts-expect-error a copy has a destination
app.copy("a");
// @ts-expect-error the option is called chown
app.copy("a", "b", { owner: "node" });
// @ts-expect-error permissions are normal or those of the source
app.copy("a", "b", { permissions: "none" });
// @ts-expect-error ADD takes from the context only
app.add("a", "b", { from: app });
// @ts-expect-error an image that has no base yet has no files
app.copy("a", "b", { from: image() });
// @ts-expect-error a glob is text
files(5);
// @ts-expect-error the option is called exclude
files("**", { ignore: "x" });

// @ts-expect-error a mount is made by bind(), cache(), tmpfs(), secret() or ssh()
app.run("make", { mounts: ["/cache"] });
// @ts-expect-error there is no such network
app.run("make", { network: "bridge" });
// @ts-expect-error the option is called target
cache("/root", { to: "/x" });
// @ts-expect-error a secret has a name
secret();

// @ts-expect-error a variable's value is text
app.env({ PORT: 8080 });
// @ts-expect-error a label's value is text
app.label({ a: true });
// @ts-expect-error a port is a number or text
app.expose({ port: 80 });
// @ts-expect-error a healthcheck has a command
app.healthcheck();
// @ts-expect-error the option is called startPeriod
app.healthcheck(["/check"], { start: "5s" });
// @ts-expect-error with() takes a function from image to image
app.with(() => "text");
// @ts-expect-error the digest of an image is no text before the image is there
export const digest: string = app.digest;
// @ts-expect-error a definition is not changed
app.definition.site = undefined;

// What must compile beside it.
const piece = (base: typeof app) => base.env({ PIECE: "1" });
export const fine: Output<string> = image()
  .from(app.with(piece))
  .env({ BASE: interpolate`${app.digest}` }).digest;
