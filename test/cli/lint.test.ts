import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { project } from "../support/project.ts";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

describe("strake lint", () => {
  it("ends with 1 for errors, and for warnings where it is strict", async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "Dockerfile"), "FROM debian\n");
    expect((await runStrake(["lint"], { cwd })).status).toBe(0);
    expect((await runStrake(["lint", "--strict"], { cwd })).status).toBe(1);
    writeFileSync(join(cwd, "Other"), "FROM debian:13\nRUN sudo true\n");
    const { status, stdout } = await runStrake(["lint", "Other", "--format", "github"], { cwd });
    expect(status).toBe(1);
    expect(stdout).toContain("::error file=Other,line=2,col=1,title=SudoInRun::");
  });

  it("mends the file with --fix, and prints what is left", async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "Dockerfile"), "FROM debian as a\nADD . /x\n");
    const { stdout } = await runStrake(["lint", "--fix", "--format", "sarif"], { cwd });
    expect(readFileSync(join(cwd, "Dockerfile"), "utf8")).toBe("FROM debian AS a\nCOPY . /x\n");
    const [run] = JSON.parse(stdout).runs;
    expect(run.results.map(({ ruleId }: { ruleId: string }) => ruleId)).toEqual(["UntaggedBase"]);
  });

  it("mends a build file with --fix where only the text of a call changes", async () => {
    const text = `import { type Image, image } from "strake";
const from = (path: string) => (base: Image) => base.add(path, "/v/");
export const app = image()
  .from("scratch")
  .maintainer("A 'b' <c@d>")
  .add(["a/", "b/"], "/x/")
  .add('.', "/y/", { chown: "1" }).add("a.txt", "/z")
  .with(from("a/")).with(from("a.txt"));
`;
    const cwd = project({
      ".dockerignore": "build.ts\n",
      "build.ts": text,
      "a/f": "1\n",
      "b/g": "2\n",
      "a.txt": "3\n",
    });
    const layers = async () => {
      const { stdout } = await runStrake(["plan"], { cwd });
      return stdout.split("\n").filter((line) => line.includes("  layer "));
    };
    const before = await layers();
    const { stdout } = await runStrake(["lint", "--fix", "--format", "json"], { cwd });
    const left: { rule: string; site: { line: number } }[] = JSON.parse(stdout);
    expect(left.map(({ rule, site }) => `${rule} ${site.line}`)).toEqual([
      "AddInsteadOfCopy 2",
      "AddInsteadOfCopy 2",
      "AddInsteadOfCopy 7",
    ]);
    expect(readFileSync(join(cwd, "build.ts"), "utf8")).toBe(
      text
        .replace(`maintainer("A 'b' <c@d>")`, `label({ "org.opencontainers.image.authors": "A 'b' <c@d>" })`)
        .replace('.add(["a/"', '.copy(["a/"')
        .replace(".add('.'", ".copy('.'"),
    );
    expect(before).toHaveLength(5);
    expect(await layers()).toEqual(before);
  });

  it("takes what a build would take, or what is named, and finds the same in both", async () => {
    const cwd = project({
      "app/build.ts": `import { image } from "strake";
import { withTools } from "../tools.ts";
export const app = image().from("debian").with(withTools).copy("dist/a", "/a");
`,
      "tools.ts": `import type { Image } from "strake";
export const withTools = (base: Image) => base
  // strake-ignore: LastUserRoot
  .user("root")
  .run("sudo make");
`,
      "app/.dockerignore": "dist\n",
      "docker/Dockerfile": "FROM debian\n# hadolint ignore=DL3002\nUSER root\nRUN sudo make\nCOPY dist/a /a\n",
      ".dockerignore": "dist\n",
    });
    const places = async (args: readonly string[], folder: string) => {
      const { stdout } = await runStrake(["lint", "--format", "json", ...args], { cwd: join(cwd, folder) });
      const findings: { rule: string; site: { file: string; line: number } }[] = JSON.parse(stdout);
      return findings.map(({ rule, site }) => `${rule} ${site.file}:${site.line}`).sort();
    };
    const tools = join(cwd, "tools.ts");
    const found = ["CopyIgnoredFile build.ts:3", `SudoInRun ${tools}:5`, "UntaggedBase build.ts:3"];
    expect(await places([], "app")).toEqual(found);
    expect(await places(["build.ts"], "app")).toEqual(found);
    const text = ["SudoInRun docker/Dockerfile:4", "UntaggedBase docker/Dockerfile:1"];
    expect(await places(["docker"], ".")).toEqual(text);
    expect(await places(["docker/Dockerfile", "--context", "."], ".")).toEqual(
      ["CopyIgnoredFile docker/Dockerfile:5", ...text].sort(),
    );
    expect((await places(["docker", "app/build.ts"], ".")).length).toBe(5);
  });

  it("says what is wrong where there is nothing to check", async () => {
    const { status, stderr } = await runStrake(["lint"], { cwd: temporaryFolder() });
    expect(status).toBe(2);
    expect(stderr).toContain("there is no build.ts");
    expect((await runStrake(["lint", "Nothing"], { cwd: temporaryFolder() })).stderr).toContain(
      "Nothing does not exist",
    );
  });
});
