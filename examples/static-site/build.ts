import { createRequire } from "node:module";
import { dirname } from "node:path";
import { files, image, local } from "strake";

// The npm package holds a static server as one program without libraries, so the image needs no base. It serves for as
// long as its standard input is open, unless it watches forever.
const server = dirname(createRequire(import.meta.url).resolve("@esbuild/linux-x64/package.json"));

export const site = image()
  .from("scratch", { platform: "linux/amd64" })
  .copy("bin/esbuild", "/bin/serve", { from: local(server), chmod: 0o755 })
  .copy(files("public/**"), "/srv/")
  .expose(8080)
  .entrypoint(["/bin/serve", "--servedir=/srv", "--watch=forever"])
  .cmd(["--serve=0.0.0.0:8080"])
  .label({ "org.opencontainers.image.title": "Static site" });
