import { expect, it } from "vitest";
import { imports } from "../support/project.ts";
import { failedBuild } from "./failed-build.ts";

it.each([
  [
    "throws",
    `${imports}const port: number = 8080;\nthrow new RangeError("no such port");\n`,
    "build.ts:3:7  RangeError: no such port",
  ],
  [
    "throws in a function of its own",
    `${imports}function fail(): never {\n  throw new Error("deep");\n}\nexport const app = fail();\n`,
    "build.ts:3:9  Error: deep",
  ],
  ["throws what is no error", `throw "words";\n`, "strake: build.ts threw words"],
  ["exports nothing", `${imports}const app = image().from("scratch");\n`, "strake: build.ts exports no image"],
  ["exports what is no image", "export const app = 5;\n", 'build.ts:1:1  export "app" is not an image but a number'],
  [
    "exports an image without a base",
    `${imports}export const app = image();\n`,
    'export "app" is not an image but one that has no base',
  ],
  ["imports a file that does not exist", `import { x } from "./missing.ts";\nexport { x };\n`, "build.ts:1:19  "],
  ["imports a package that does not exist", `import x from "not-a-package";\nexport { x };\n`, "build.ts:1:15  "],
  [
    "imports a name that strake lacks",
    `import { imge } from "strake";\nexport const a = imge();\n`,
    '"strake" has no export named "imge"',
  ],
  ["has a syntax error", `${imports}export const app = image(.from("scratch");\n`, 'build.ts:2:26  Unexpected "."'],
  [
    "waits for what never comes",
    `${imports}await new Promise(() => {});\n`,
    "strake: build.ts waits for a promise that is never settled",
  ],
  [
    "exports a function that waits for what never comes",
    `${imports}export default async () => {\n  await new Promise(() => {});\n};\n`,
    "build.ts:2:1  build.ts waits for a promise that is never settled",
  ],
  [
    "throws in a promise that nobody waits for",
    `${imports}async function later() {\n  throw new Error("floating");\n}\nlater();\nexport const app = image().from("scratch");\n`,
    "build.ts:3:9  Error: floating",
  ],
  [
    "throws in a timer",
    `${imports}setTimeout(() => {\n  throw new Error("late");\n});\nexport default () => new Promise(() => {});\n`,
    "build.ts:3:9  Error: late",
  ],
  ["ends the process", "process.exit(0);\n", "strake: build.ts ended the process"],
  ["is empty", "", "strake: build.ts exports no image"],
])("says it at the line when a build file %s", async (_, text, message) => {
  expect((await failedBuild({ "build.ts": text })).split("\n")[0]).toContain(message);
});

it("says at the line which use of an image came before its definition in a circle of files", async () => {
  const message = await failedBuild({
    "build.ts": `import { image } from "strake";\nimport { a } from "./a.ts";\nexport const b = image().from(a);\n`,
    "a.ts": `import { image } from "strake";\nimport { b } from "./build.ts";\nexport const a: any = image().from(b);\n`,
  });
  expect(message).toMatch(/^a\.ts:3:\d+ {2}from\(\) takes/);
  expect(message).toContain("two files import each other");
});

it("says which image an image waits on that is built from its own output", async () => {
  const message = await failedBuild({
    "build.ts": `${imports}let later: ReturnType<typeof make>;
const make = () => image().from("scratch").env({ SELF: later.digest });
later = undefined as never;
export const app = make();\n`,
  });
  expect(message).toMatch(/^build\.ts:3:\d+ {2}TypeError/);
});

it.each([
  ['image().from("scratch").rum("x")', "Did you mean run?"],
  ['image().from("scratch").workDir("/")', "Did you mean workdir?"],
  ["base.coppy('a', '/')", "If base is an image: Did you mean copy?"],
  ['image().form("scratch")', "Did you mean from?"],
  ['image().run("x")', 'First say what the image stands on: image().from("…").run(…)'],
  ['image.from("scratch")', 'An image begins with a call: image().from("…").'],
])("says of %s, which images have not got, what was meant", async (expression, note) => {
  const text = `${imports}const base: any = image().from("scratch");\nexport const app = ${expression};\nbase;\n`;
  const [first, , second] = (await failedBuild({ "build.ts": text })).split("\n");
  expect(first).toMatch(/^build\.ts:3:\d+ {2}TypeError: .* is not a function$/);
  expect(second).toBe(`  ${note}`);
});

it("says before anything is built that a target has no name for an image", async () => {
  const text = `${imports}export default { "bad name": image().from("scratch").copy("missing", "/") };\n`;
  const message = await failedBuild({ "build.ts": text }, { args: [] });
  expect(message).toMatch(/^build\.ts:2:\d+ {2}the target "bad name" cannot lend the image its name: /);
  expect(message).toContain("Name the image with .tag() or with -t");
});

it("says which build argument was not given that a base is named by", async () => {
  const text = `import { argument, image, interpolate } from "strake";\nconst base = argument("BASE");\nexport const app = image().from(interpolate\`${"${base}"}\`);\n`;
  const message = await failedBuild({ "build.ts": text });
  expect(message).toMatch(/^build\.ts:3:\d+ {2}the name of the image is empty\n/);
  expect(message).toContain(
    'BASE has no value: give it with --build-arg BASE=…, or a default with argument("BASE", "…").',
  );
});

const parts = "bind, cache, commands, content, files, image, local, script, secret, ssh, tmpfs, variable";

it.each([
  ["env({ PORT: 3000 })", "a text for PORT is expected, not the number 3000"],
  ["env({ HOME: undefined })", "a text for HOME is expected, not undefined"],
  ['env("PORT", "3000")', "a record of names and texts"],
  ["label({ a: [] })", "a text for a is expected, not a list"],
  ["annotation(undefined)", "a record of names and texts"],
  ["run(5)", "a text is expected, not the number 5"],
  ['copy(image().from("scratch"), "/")', "a path, files() or content() is expected, not an image"],
  ['copy(["a", local("..")], "/x/")', "a path, files() or content() is expected, not an object"],
  ["merge(undefined)", "an image is expected, not undefined"],
  ["run()", "run() needs a command"],
  ['run(" ")', "run() needs a command"],
  ["cmd()", "cmd() needs a command, not undefined"],
  ["entrypoint()", "entrypoint() needs a program, not undefined"],
  ["user()", "user() needs a name or a number, not undefined"],
  ["workdir()", "workdir() needs a path, not undefined"],
  ['copy("a")', "copy() needs a destination, not undefined"],
  ['add("a")', "add() needs a destination, not undefined"],
  ['write("/a")', "write() needs what is to be in the file, not undefined"],
  ["run(null)", "a text is expected, not null"],
  ['run("a", { mounts: {} })', "a list, such as"],
  ['run("a", { mounts: ["/c"] })', "a mount, such as"],
  ['cmd(["a", true])', "a text is expected, not the boolean true"],
  ['copy(null, "/x")', "a text is expected, not null"],
  ['copy("build.ts", 5)', "a text is expected, not the number 5"],
  ["volume(5)", "a text is expected, not the number 5"],
  ['workdir(image().from("scratch"))', "a text is expected, not an image"],
  ['platforms(["linux/amd64"])', "a text is expected, not a list"],
  ['tag("a:1", "Bad Name")', '"Bad Name" is not an image name'],
  ["tag(5)", "a text is expected, not the number 5"],
  ['shell("sh")', "a list, such as"],
  ["shell([])", "a shell needs a program"],
  ['run("a", { mount: [] })', "run() has no option mount (did you mean mounts?)"],
  ['run("a", { network: "foo" })', 'the option network of run() is "default", "none" or "host", not "foo"'],
  ['run("a", { security: true })', 'the option security of run() is "sandbox" or "insecure", not the boolean true'],
  ['run("a", { cache: "no" })', 'the option cache of run() is true or false, not "no"'],
  ['run("a", { mounts: [{ type: "cach" }] })', "a mount, such as"],
  ['run("a", "b")', 'the options of run() are an object, not "b"'],
  ["run([])", "run() needs a program, and the list has none"],
  ["run(commands())", "commands() needs a command"],
  ['run(commands("a", ""))', 'commands() needs commands, not ""'],
  ['run(script("a", { interpeter: "x" }))', "script() has no option interpeter (did you mean interpreter?)"],
  ['copy("a", "/b", { owner: "x" })', "copy() has no option owner"],
  ['copy("a", "/b", { permissions: "none" })', 'the option permissions of copy() is "normal" or "source"'],
  ['copy("a", "/b", { chmod: 644 })', "the option chmod of copy() is octal: 0o644, not the number 644"],
  ['copy("a", "/b", { chmod: 0o644, exclude: [5] })', "the option exclude of copy() is a text or a list of texts"],
  ['copy("", "/b")', "a source is empty"],
  ['add("a", "/b", { from: no })', "add() has no option from"],
  ['add("a", "/b", { keepGitDir: 1 })', "the option keepGitDir of add() is true or false, not the number 1"],
  ['write("/a", "b", { mode: 0o600 })', "write() has no option mode"],
  ['workdir("")', 'workdir() needs a path, not ""'],
  ['workdir("/a", { rules: "lax" })', 'the option rules of workdir() is "strict" or "docker"'],
  ['user("")', 'user() needs a name or a number, not ""'],
  ["expose()", "expose() needs a port"],
  ['expose("80:80")', '"80:80" is not a port'],
  ["expose(65536)", '"65536" is not a port'],
  ["volume()", "volume() needs a path"],
  ['volume("/a", "")', 'volume() needs a path, not ""'],
  ['stopsignal("FOO")', '"FOO" is not a signal; write SIGTERM or 15'],
  ["stopsignal(0)", '"0" is not a signal'],
  ['healthcheck("a", { retries: "a" })', "the option retries of healthcheck() is a whole number"],
  ['healthcheck("a", { start: 5 })', "healthcheck() has no option start"],
  ['healthcheck("a", { interval: true })', "the option interval of healthcheck() is a text or a number"],
  ['healthcheck("none", { retries: 3 })', 'healthcheck("none") has no options'],
  ["healthcheck([])", "a healthcheck needs a command"],
  ['onbuild("RUM x")', '"RUM" is not an instruction of a Dockerfile (did you mean RUN?)'],
  ['onbuild("onbuild RUN x")', "ONBUILD cannot carry out ONBUILD"],
  ['onbuild("COPY")', "COPY says nothing here"],
  ['platforms("linux/amd64/v1/x")', '"linux/amd64/v1/x" is not a platform'],
  ["merge(undefined)", "an image is expected, not undefined"],
  ["with(5)", "a function from image to image is expected, not the number 5"],
  ["with(() => {})", "an image from the function that with() was given is expected, not undefined"],
  ['env({ "a b": "c" })', '"a b" is not the name of an environment variable'],
  ['env([["a"]])', "a text for a is expected, not undefined"],
  ['env([["a", "b"], 5])', "a record of names and texts"],
  ['arg(["a=b"])', '"a=b" is not the name of a build argument'],
  ["arg({ A: 5 })", "a text is expected, not the number 5"],
  ['label({ a: variable("") })', '"" is not the name of a variable'],
  ['run("a", { mounts: [cache(5)] })', "a text is expected, not the number 5"],
  ['run("a", { mounts: [cache("/c", { share: "locked" })] })', "cache() has no option share"],
  [
    'run("a", { mounts: [cache("/c", { sharing: "lock" })] })',
    'the option sharing of cache() is "shared", "private" or',
  ],
  ['run("a", { mounts: [cache("/c", { mode: 755 })] })', "the option mode of cache() is octal: 0o755"],
  ['run("a", { mounts: [bind("/c", { readonly: true })] })', "bind() has no option readonly"],
  ['run("a", { mounts: [tmpfs("/c", { size: "big" })] })', '"big" is not a size'],
  [
    'run("a", { mounts: [secret("s", { uid: "0" })] })',
    'the option uid of secret() is a whole number, 0 or more, not "0"',
  ],
  ['run("a", { mounts: [secret(5)] })', "a secret needs a name"],
  ['run("a", { mounts: [ssh({ id: 5 })] })', "the option id of ssh() is a text, not the number 5"],
  ['copy(files("a", { ignore: "b" }), "/")', "files() has no option ignore"],
  ['copy(content(5, "b"), "/")', '"5" is not the name of a file'],
  ['copy("a", "/", { from: local(5) })', "a text is expected, not the number 5"],
])("says it at the line of .%s", async (call, message) => {
  const text = `import { ${parts} } from "strake";\nconst no: any = image().from("scratch");\nexport const a = no.${call};\n`;
  const [first = ""] = (await failedBuild({ "build.ts": text })).split("\n");
  expect(first).toMatch(/^build\.ts:3:\d+ {2}/);
  expect(first).toContain(`  ${message}`);
});
