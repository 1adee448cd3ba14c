import { StrakeError } from "@strake/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseDockerfile } from "../syntax/parse-dockerfile.ts";
import { keywords } from "../syntax/tree.ts";
import { fixDockerfile } from "./fix.ts";
import { lintDockerfile } from "./lint-dockerfile.ts";

function lint(text: string): readonly string[] {
  return lintDockerfile(parseDockerfile(text, { file: "/Dockerfile" })).map(({ rule, site }) => `${rule} ${site.line}`);
}

function fix(text: string): string {
  return fixDockerfile(text, { file: "/Dockerfile" });
}

test.each([
  ["FROM debian\n", ["UntaggedBase 1"]],
  ["FROM debian:latest\n", ["LatestBase 1"]],
  ["FROM localhost:5000/debian\n", ["UntaggedBase 1"]],
  ["ARG V=1\nFROM debian:$V\n", []],
  ["FROM debian:13 AS a\nFROM a\n", []],
  ["FROM debian:13\nRUN cd /x && make\n", ["CdInsteadOfWorkdir 2"]],
  ["FROM debian:13\nRUN (cd /x && make)\n", []],
  ["FROM debian:13\nRUN sudo make\n", ["SudoInRun 2"]],
  ["FROM debian:13\nRUN echo 'sudo | make'\n", []],
  ["FROM debian:13\nRUN curl a | tar x\n", ["PipeWithoutPipefail 2"]],
  ["FROM debian:13\nRUN a || b\n", []],
  ['FROM debian:13\nSHELL ["/bin/bash", "-o", "pipefail", "-c"]\nRUN a | b\n', []],
  [
    "FROM debian:13\nRUN apt-get install gcc\n",
    ["AptRecommends 2", "AptListsKept 2", "UnpinnedAptPackage 2", "AptAsksQuestions 2"],
  ],
  ["FROM debian:13\nRUN apt-get install -y --no-install-recommends gcc=1 && rm -rf /var/lib/apt/lists/*\n", []],
  ["FROM debian:13\nRUN a\nRUN b\n", ["ConsecutiveRun 3"]],
  ["FROM debian:13\nUSER root\n", ["LastUserRoot 2"]],
  ["FROM debian:13\nUSER root\nUSER me\n", []],
  ["FROM debian:13\nADD . /x\n", ["AddInsteadOfCopy 2"]],
  ["FROM debian:13\nADD a.tar.gz https://h/f /x/\n", []],
  ["FROM debian:13\nCOPY a b\n", ["RelativeCopyTarget 2"]],
  ["FROM debian:13\nWORKDIR /x\nCOPY a b\n", []],
  ["FROM debian:13\nCOPY --from=build a /b\n", ["UndefinedCopySource 2"]],
  ["FROM debian:13\nLABEL Bad_Key=1\n", ["InvalidLabelKey 2"]],
  ["FROM debian:13\nEXPOSE 80 65536/udp 1-70000\n", ["InvalidPort 2", "InvalidPort 2"]],
  ["FROM debian:13\nENV a=1 b=$a c=${a}\n", ["EnvRefersToItself 2"]],
  ["FROM debian:13\nENV a=0\nENV a=1 b=$a\nENV c=\\$a PATH=/x:$PATH\n", []],
  ["FROM debian:13\nCOPY a b /c\n", ["SeveralCopySources 2"]],
  ["FROM debian:13\nARG D=/c/\nCOPY a b $D\nCOPY a b /c/.\nCOPY a b /d/\n", []],
  ["FROM debian:13\nENV A=AKIAABCDEFGHIJKLMNOP\n", ["SecretValue 2"]],
])("%j gives %j", (text, expected) => {
  expect(lint(text)).toEqual(expected);
});

test("MAINTAINER becomes a label with the same text, and the finding says what goes", () => {
  const text = 'FROM debian:13\nMAINTAINER "A" $me \\o/ <a@h>\n';
  const [finding] = lintDockerfile(parseDockerfile(text, { file: "/Dockerfile" }));
  expect(finding?.advice).toContain("author field");
  expect(fix(text)).toBe('FROM debian:13\nLABEL org.opencontainers.image.authors="\\"A\\" \\$me \\\\o/ <a@h>"\n');
});

test("comments leave rules out: by name, by hadolint's code, for one instruction or for the file", () => {
  expect(lint("# hadolint ignore=DL3006\nFROM debian\n")).toEqual([]);
  expect(lint("# strake ignore=UntaggedBase\nFROM debian\n")).toEqual([]);
  expect(lint("# hadolint ignore=DL3006\nFROM debian AS a\nFROM debian\n")).toEqual(["UntaggedBase 3"]);
  expect(lint("# hadolint global ignore=DL3006\n\nFROM debian\n")).toEqual([]);
  expect(lint("# check=skip=UntaggedBase\nFROM debian\n")).toEqual([]);
  expect(lint("# check=skip=all\nFROM debian\n")).toEqual([]);
  expect(lint('FROM debian:13\n# hadolint ignore=DL4003\nCMD ["a"]\nCMD ["b"]\n')).toEqual([]);
});

test("what cannot be built is told, whatever is left out, and the rest is checked all the same", () => {
  const text = "FROM debian:13 AS a\nCOPY --form=x a /b\nRUN sudo a\nFROM $BASE\nUSER root\n";
  expect(lint(text)).toEqual([
    "BuildError 2",
    "SudoInRun 3",
    "UndefinedArgInFrom 4",
    "InvalidDefaultArgInFrom 4",
    "LastUserRoot 5",
  ]);
  expect(lint(`# check=skip=all\n${text}`)).toEqual(["BuildError 3"]);
});

test("what a base may have is not known, so nothing is said of it", () => {
  expect(lint("FROM debian:13\nENV A=$B\nWORKDIR $HOME\nCOPY $C ${D:-e}\nUSER $E\n")).toEqual([]);
});

test("error=true makes warnings errors", () => {
  const tree = parseDockerfile("# check=error=true\nFROM debian\n", { file: "/Dockerfile" });
  expect(lintDockerfile(tree).map(({ severity }) => severity)).toEqual(["error"]);
});

test("fixing changes what the rules name, and no other byte", () => {
  expect(
    fix("FROM debian:13 as a\r\n# who\r\nMAINTAINER Me <me@h>\r\nrun a  \\\r\n  b\r\nENV A b c\r\nADD . /x\r\n"),
  ).toBe(
    'FROM debian:13 AS a\r\n# who\r\nLABEL org.opencontainers.image.authors="Me <me@h>"\r\nRUN a  \\\r\n  b\r\nENV A="b c"\r\nCOPY . /x\r\n',
  );
  expect(fix("FROM debian:13\nADD file /x\n")).toBe("FROM debian:13\nADD file /x\n");
  // Two rules have something to say of one word.
  expect(fix("from debian:13\nrun a\nMAINTAINER me\n")).toBe(
    'from debian:13\nrun a\nlabel org.opencontainers.image.authors="me"\n',
  );
});

const words =
  'a=b|$A|${A:-b|--from=x|--mount=type=cache|["a"|"|\'|\\|80:1/TCP|cd|sudo|\\|apt-get install|<<E|# x'.split("|");
const line = fc
  .tuple(fc.constantFrom(...keywords), fc.array(fc.constantFrom(...words), { maxLength: 4 }))
  .map(([keyword, rest]) => `${keyword} ${rest.join(" ")}`);

test("whatever parses can be linted, and its fix parses and is stable", () => {
  let linted = 0;
  fc.assert(
    fc.property(fc.array(line, { maxLength: 5 }), (lines) => {
      const text = `FROM scratch AS a\n${lines.join("\n")}\n`;
      let fixed: string;
      try {
        fixed = fix(text);
      } catch (error) {
        if (!(error instanceof StrakeError)) throw error;
        return;
      }
      linted++;
      expect(fix(fixed)).toBe(fixed);
    }),
    { numRuns: 2000 },
  );
  expect(linted).toBeGreaterThan(100);
});

test("lines of the greatest length are linted in little time", () => {
  for (const piece of ["| ", "a | ", "'", '"', "cd a && ", "apt-get install ", "a=b ", "$", "\\ "]) {
    const text = `FROM debian:13\nRUN ${piece.repeat(60_000 / piece.length)}\n`;
    const before = process.cpuUsage();
    lint(text);
    const { user, system } = process.cpuUsage(before);
    // A tenth of a second of a processor, however many want it; what grows with the square of the length takes minutes.
    expect((user + system) / 1_000_000).toBeLessThan(20);
  }
});
