import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { buildkitDaemon, buildkitNeeds } from "../../support/buildkit-daemon.ts";
import { need } from "../../support/need.ts";
import { runStrake } from "../../support/run-strake.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

interface Warning {
  readonly rule: string;
  readonly line: number;
  readonly message: string;
}

/** Names and messages of rules are compared for the ones that BuildKit has. */
const buildChecks = "https://docs.docker.com/go/dockerfile/rule/";

/** A Dockerfile, and the context's ignore file where it has one. */
type Scenario = readonly [dockerfile: string, ignore?: string];

const scenarios: readonly Scenario[] = [
  ["FROM scratch AS Base\nFROM Base\n"],
  ["FROM scratch as a\nfrom scratch AS b\n"],
  ["FROM scratch\nCOPY a \\\n\n  b /\n"],
  ["FROM scratch\nCOPY a \\\n\n\n  b \\\n\n  c \\\n /\nLABEL a=b\n"],
  ["FROM scratch\nenv A=b\nLabel c=d\nENV E=f\n"],
  ["FROM scratch AS a\nFROM scratch AS a\n"],
  ["FROM scratch AS scratch\n"],
  ["FROM scratch AS context\n"],
  ["FROM scratch\nCMD echo\n"],
  ['FROM scratch\nENTRYPOINT echo\nCMD ["a"]\n'],
  ['FROM scratch\nSHELL ["/sh"]\nCMD echo\n'],
  ['FROM scratch AS a\nSHELL ["/sh"]\nFROM a\nCMD echo\n'],
  ["FROM scratch\nMAINTAINER me\n"],
  ["ARG VERSION=1\nFROM scratch AS a\nFROM ${VERSIO:-scratch}\n"],
  ["FROM scratch AS x\nFROM --platform=$BULDPLATFORM scratch\n"],
  ["FROM scratch\nWORKDIR a\nWORKDIR b\n"],
  ["FROM scratch AS a\nWORKDIR /a\nFROM a\nWORKDIR b\n"],
  ["FROM scratch\nARG NAME=1\nLABEL a=$NAM b=${c:-d} c=${e} d=$PATH\n"],
  ["FROM scratch AS a\nENV X=1\nARG Y=1\nFROM a\nLABEL a=$X b=$Y\n"],
  ["FROM scratch\nENV A=1 B=$A\n"],
  ['FROM scratch\nCMD ["a"]\nCMD ["b"]\nHEALTHCHECK NONE\nHEALTHCHECK NONE\nENTRYPOINT ["a"]\nENTRYPOINT ["a"]\n'],
  ["FROM scratch\nENV a b c\nLABEL d e\n"],
  ["FROM --platform=$TARGETPLATFORM scratch\n"],
  ["FROM --platform=linux/amd64 scratch\n"],
  ["FROM --platform=linux/amd64 scratch AS amd64-one\n"],
  ["FROM scratch\nARG GITHUB_TOKEN\nENV API_KEY=1 PUBLIC_KEY=2 PASSWORD_FILE=3 tokens=4\n"],
  ["ARG TOKEN=1\nFROM scratch\n"],
  ["FROM scratch\nEXPOSE 80/TCP 127.0.0.1:80:80 81:81 82\n"],
  ["# check=skip=JSONArgsRecommended\nFROM scratch\nCMD a\nMAINTAINER me\n"],
  ["# check=skip=all\nFROM scratch\nCMD a\n"],
  ["FROM scratch\nWORKDIR /x\nCOPY dist/a b\nADD dist c\nCOPY src d\nADD https://example.test/dist /e\n", "dist\n"],
  ["FROM scratch AS a\nCOPY . /x\nCOPY / /y\nFROM scratch\nCOPY --from=a dist /z\n", "*\n"],
  ["FROM scratch\nCOPY . /x\nCOPY /dist /y\nCOPY ./dist/ *.txt /z/\n", "dist\n*.txt\n"],
  ["FROM scratch\nCOPY /dist /y\nCOPY ../dist /z\n", "**/dist\n"],
  ["FROM scratch\nCOPY /dist /dist/x /a/\nCOPY ./a/../dist /b\n", "dist\n"],
  ["FROM scratch\nCOPY /dist /dist/x dist /a/\n", "*\n"],
  [
    "FROM scratch\nLABEL a=$ABCDEF b=$ABCDEF\nARG C=$GHIJKL\nEXPOSE $MNOPQR\nCOPY <<F /f\n$STUVWX ${YZABCD}\nF\nRUN --mount=target=$EFGHIJ true\n",
  ],
  ["FROM scratch\nARG ABC\nENV ABD=1\nLABEL a=$ABC b=$ABE c=$PAT\nUSER $X\nWORKDIR /$Y$Z\n"],
  ["FROM scratch\nARG FROM=dist\nCOPY $FROM/a /y\n", "dist\n"],
  ["FROM scratch\nCOPY dist /y\n", "dist\n!dist/a\n"],
  ["FROM scratch\n# check=skip=CopyIgnoredFile\nCOPY dist /y\nCOPY dist /z\n", "dist\n"],
  ["# wrong\nARG A=1\n# right\nFROM scratch AS right\n"],
  [
    "# check=experimental=all\n# wrong\nARG A=1\n# a is\nFROM scratch AS a\n# B is\nARG B C\n# is\nARG D E\n# none\nFROM a\n",
  ],
  [
    "# check=experimental=InvalidDefinitionDescription;skip=all\n# wrong\nARG A=1\n\n# apart\n\nFROM scratch AS a\n# wrong\n#\nARG B\n",
  ],
  ["FROM scratch AS a\nCMD b\nENV a b\nFROM scratch\nWORKDIR x\n# check=skip=JSONArgsRecommended\nCMD c\n"],
  ["FROM scratch\nARG DIR=/x\nWORKDIR $DIR\nWORKDIR y\nENV SECRET_$DIR=1\n"],
  ["FROM scratch\nARG DIR=x\nWORKDIR $DIR\n"],
];

need(...buildkitNeeds)("strake lint finds what BuildKit's checks find, at the same lines", () => {
  it.each(scenarios.map(([text, ignore = ""]) => [text, ignore] as const))("%j", async (text, ignore) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "Dockerfile"), text);
    if (ignore !== "") writeFileSync(join(folder, ".dockerignore"), ignore);
    const expected = await checkWithBuildkit(folder);
    expect(await check(folder)).toEqual(expected);
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
