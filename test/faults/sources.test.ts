import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { imports, project } from "../support/project.ts";
import { failedBuild } from "./failed-build.ts";

const app = (statement: string) => ({
  "build.ts": `${imports}export const app = image().from("scratch")\n  ${statement};\n`,
  "src/main.js": "main",
});

it.each([
  ["a missing source", `.copy("nothing.txt", "/x")`, 'the source "nothing.txt" is not in the build file\'s folder'],
  [
    "a missing source of another folder",
    `.copy("none", "/x", { from: local("src") })`,
    'the source "none" is not in the folder src',
  ],
  ["another folder that is not there", `.copy("x", "/x", { from: local("../nowhere") })`, "there is no folder /"],
  ["a missing folder", `.copy("src/nothing/", "/x")`, 'the source "src/nothing"'],
  ["globs that match nothing", `.copy(files("lib/**"), "/x/")`, 'no file matches "lib/**"'],
  [
    "a source outside its root",
    `.copy("../secret", "/x")`,
    'the source "../secret" is outside the build file\'s folder',
  ],
  ["globs outside their root", `.copy(files("../**"), "/x/")`, "../**"],
  ["several sources without a folder", `.copy(["build.ts", "src/main.js"], "/x")`, "/x"],
  ["a user of nothing", `.copy("src", "/x/", { chown: "nobody-knows" })`, "knows no image below it"],
  [
    "an unknown user",
    `.write("/a", "").copy("src", "/x/", { chown: "nobody-knows" })`,
    'the image has no user "nobody-knows"',
  ],
  [
    "an unknown group",
    `.write("/a", "").copy("src", "/x/", { chown: "0:nobody-knows" })`,
    'the image has no group "nobody-knows"',
  ],
  ["a mode that is none", `.copy("src", "/x/", { chmod: "u=q" })`, "u=q"],
  ["a missing source in another image", `.copy("/none", "/x", { from: image().from("scratch") })`, "none"],
  ["a command that is not there", `.run("make")`, "RUN make exited with"],
])("names the line and the fault of %s", async (_, statement, fault) => {
  const message = await failedBuild(app(statement));
  const [first, line] = message.split("\n");
  expect(first).toMatch(/^build\.ts:3:\d+ {2}/);
  expect(first).toContain(fault);
  expect(line).toBe(`  3 |   ${statement};`);
});

it.each([
  ["scr", "src"],
  ["scr/main.js", "src"],
  ["src/mian.js", "src/main.js"],
  ["SRC", "src"],
])("says of the source %s that %s was meant", async (source, meant) => {
  const message = await failedBuild(app(`.copy("${source}", "/x/")`));
  expect(message).toContain(`Did you mean "${meant}"?`);
});

it("says what there is where a source is not", async () => {
  const two = await failedBuild(app(`.copy("nothing.txt", "/x")`));
  expect(two).toContain("There are build.ts, src in the build file's folder.\n");
  const one = await failedBuild(app(`.copy("src/nothing.txt", "/x")`));
  expect(one).toContain("There is main.js in src/ in the build file's folder.\n");
});

it("names a symlink that leaves the context, and where it leads", async () => {
  const cwd = project({ "src/main.js": "main" });
  symlinkSync("/etc", join(cwd, "out"));
  const message = await failedBuild(app(`.copy("out/hostname", "/x")`), { cwd });
  expect(message).toMatch(/^build\.ts:3:\d+ {2}/);
  expect(message).toContain("symlink out, which points to /etc, outside the build file's folder");
});
