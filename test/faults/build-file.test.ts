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
  ["exports an image without a base", `${imports}export const app = image();\n`, 'export "app" is not an image'],
  ["imports a file that does not exist", `import { x } from "./missing.ts";\nexport { x };\n`, "build.ts:1:19  "],
  ["imports a package that does not exist", `import x from "not-a-package";\nexport { x };\n`, "build.ts:1:15  "],
  [
    "imports a name that strake lacks",
    `import { imge } from "strake";\nexport const a = imge();\n`,
    '"strake" has no export named "imge"',
  ],
  ["has a syntax error", `${imports}export const app = image(.from("scratch");\n`, 'build.ts:2:26  Unexpected "."'],
  ...[
    ["env({ PORT: 3000 })", "a text for PORT is expected, not the number 3000"],
    ["env({ HOME: undefined })", "a text for HOME is expected, not undefined"],
    ['env("PORT", "3000")', "a record of names and texts"],
    ["label({ a: [] })", "a text for a is expected, not a list"],
    ["annotation(undefined)", "a record of names and texts"],
    ["run(5)", "a text is expected, not the number 5"],
    ["run()", "a text is expected, not undefined"],
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
  ].map(([call, message]) => [
    `calls ${call}`,
    `${imports}const no: any = image().from("scratch");\nexport const a = no.${call};\n`,
    `build.ts:3:21  ${message}`,
  ]),
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
