import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
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
});
