import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { buildkitDaemon, buildkitNeeds } from "../support/buildkit-daemon.ts";
import { need } from "../support/need.ts";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

interface Warning {
  readonly rule: string;
  readonly line: number;
  readonly message: string;
}

/** Names and messages of rules are compared for the ones that BuildKit has. */
const buildChecks = "https://docs.docker.com/go/dockerfile/rule/";

const scenarios: readonly string[] = [
  "FROM scratch AS Base\nFROM Base\n",
  "FROM scratch as a\nfrom scratch AS b\n",
  "FROM scratch\nCOPY a \\\n\n  b /\n",
  "FROM scratch\nCOPY a \\\n\n\n  b \\\n\n  c \\\n /\nLABEL a=b\n",
  "FROM scratch\nenv A=b\nLabel c=d\nENV E=f\n",
  "FROM scratch AS a\nFROM scratch AS a\n",
  "FROM scratch AS scratch\n",
  "FROM scratch AS context\n",
  "FROM scratch\nCMD echo\n",
  'FROM scratch\nENTRYPOINT echo\nCMD ["a"]\n',
  'FROM scratch\nSHELL ["/sh"]\nCMD echo\n',
  'FROM scratch AS a\nSHELL ["/sh"]\nFROM a\nCMD echo\n',
  "FROM scratch\nMAINTAINER me\n",
  "ARG VERSION=1\nFROM scratch AS a\nFROM ${VERSIO:-scratch}\n",
  "FROM scratch AS x\nFROM --platform=$BULDPLATFORM scratch\n",
  "FROM scratch\nWORKDIR a\nWORKDIR b\n",
  "FROM scratch AS a\nWORKDIR /a\nFROM a\nWORKDIR b\n",
  "FROM scratch\nARG NAME=1\nLABEL a=$NAM b=${c:-d} c=${e} d=$PATH\n",
  "FROM scratch AS a\nENV X=1\nARG Y=1\nFROM a\nLABEL a=$X b=$Y\n",
  "FROM scratch\nENV A=1 B=$A\n",
  'FROM scratch\nCMD ["a"]\nCMD ["b"]\nHEALTHCHECK NONE\nHEALTHCHECK NONE\nENTRYPOINT ["a"]\nENTRYPOINT ["a"]\n',
  "FROM scratch\nENV a b c\nLABEL d e\n",
  "FROM --platform=$TARGETPLATFORM scratch\n",
  "FROM --platform=linux/amd64 scratch\n",
  "FROM --platform=linux/amd64 scratch AS amd64-one\n",
  "FROM scratch\nARG GITHUB_TOKEN\nENV API_KEY=1 PUBLIC_KEY=2 PASSWORD_FILE=3 tokens=4\n",
  "ARG TOKEN=1\nFROM scratch\n",
  "FROM scratch\nEXPOSE 80/TCP 127.0.0.1:80:80 81:81 82\n",
  "# check=skip=JSONArgsRecommended\nFROM scratch\nCMD a\nMAINTAINER me\n",
  "# check=skip=all\nFROM scratch\nCMD a\n",
];

describe("strake lint", () => {
  need(...buildkitNeeds)("finds what BuildKit's checks find, at the same lines", () => {
    it.each(scenarios)("%j", async (text) => {
      const folder = temporaryFolder();
      writeFileSync(join(folder, "Dockerfile"), text);
      const expected = await checkWithBuildkit(folder);
      expect(await check(folder)).toEqual(expected);
    });
  });

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

async function check(cwd: string): Promise<readonly Warning[]> {
  const { stdout } = await runStrake(["lint", "--format", "json"], { cwd });
  const findings: { rule: string; message: string; url?: string; site: { line: number } }[] = JSON.parse(stdout);
  const same = findings.filter(({ url }) => url?.startsWith(buildChecks));
  return sorted(same.map(({ rule, message, site }) => ({ rule, line: site.line, message })));
}

async function checkWithBuildkit(folder: string): Promise<readonly Warning[]> {
  const { buildctl } = await buildkitDaemon();
  const { status, stdout, stderr } = await buildctl([
    ...["build", "--frontend=dockerfile.v0", "--local", `context=${folder}`, "--local", `dockerfile=${folder}`],
    ...["--opt", "requestid=frontend.lint"],
  ]);
  if (status !== 0) throw new Error(stderr);
  const found = stdout.matchAll(/^WARNING: (\w+)(?: - \S+)?\n(.*)\nDockerfile:(\d+)$/gm);
  return sorted(Array.from(found, ([, rule = "", message = "", line]) => ({ rule, line: Number(line), message })));
}

function sorted(warnings: readonly Warning[]): readonly Warning[] {
  const key = ({ line, rule, message }: Warning) => `${String(line).padStart(4, "0")} ${rule} ${message}`;
  return [...warnings].sort((left, right) => (key(left) < key(right) ? -1 : 1));
}
