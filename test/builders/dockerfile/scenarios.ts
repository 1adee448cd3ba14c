import type { DockerfileScenario } from "./scenario.ts";

const scratch = (lines: string): string => `FROM scratch\n${lines}\n`;

export const dockerfileScenarios: readonly DockerfileScenario[] = [
  {
    name: "ENV in both forms, with quotes and escapes",
    text: scratch('ENV a=1 b="2 3" c=4\\ 5\nENV d  six  seven\nENV a=8'),
  },
  { name: "ENV that sees the variables before it", text: scratch("ENV a=1\nENV a=2 b=$a c=${a}x d=\\$a e='$a'") },
  {
    name: "substitutions",
    text: scratch(
      "ENV p=/usr/local/bin e=\nENV a=${p#/*/} b=${p##*/} c=${p%/*} d=${p%%l*} f=${p/\\//_} g=${p//\\//_} h=${e:-x} i=${e-x} j=${p:+y} k=${n+y} l=${n:-$p}",
    ),
  },
  {
    name: "a label with variables, blanks and a quoted name",
    text: scratch('ENV v=1\nLABEL a=$v "b c"="d $v" e=\'$v\''),
  },
  {
    name: "arguments with and without values",
    text: scratch("ARG A=1 B C=$A\nARG D\nENV r=$A-$B-$C-$D"),
    buildArgs: { D: "4" },
  },
  { name: "global arguments", text: "ARG V=1\nARG W=${V}2\nFROM scratch AS s1\nARG V\nARG W=own\nENV r=$V$W\n" },
  {
    name: "arguments of the platform",
    text: scratch(
      "ARG TARGETARCH\nARG TARGETPLATFORM\nARG TARGETVARIANT\nARG TARGETSTAGE\nENV r=$TARGETOS-$TARGETARCH-$TARGETPLATFORM",
    ),
  },
  { name: "a platform argument with a default", text: scratch("ARG TARGETARCH=mine\nENV r=$TARGETARCH") },
  { name: "arguments of the stage below", text: "FROM scratch AS a\nARG V=1\nFROM a\nENV r=$V\n" },
  { name: "a target in the middle", text: "FROM scratch AS a\nENV x=1\nFROM scratch AS B\nENV y=1\n", target: "A" },
  { name: "ports", text: scratch("ENV P='90 70/udp'\nEXPOSE 80 443/TCP 8000-8003/udp $P") },
  { name: "volumes in both forms", text: scratch('VOLUME /a /b\nVOLUME ["/c d", "/e"]') },
  { name: "folders", text: scratch("WORKDIR /a\nWORKDIR b/../c\nENV d=e\nWORKDIR $d\nWORKDIR /") },
  { name: "users and signals", text: scratch("ENV u=7\nUSER $u:8\nSTOPSIGNAL SIGRTMIN+3\nSTOPSIGNAL 9") },
  { name: "commands in both forms", text: scratch('CMD echo "$a"  b\nENTRYPOINT ["a", "b c"]\nCMD []') },
  { name: "JSON that is none", text: scratch("CMD ['a', 'b']\nENTRYPOINT [a]") },
  { name: "an entry point that drops the command below", text: 'FROM scratch AS a\nCMD x\nFROM a\nENTRYPOINT ["y"]\n' },
  { name: "a shell", text: scratch('SHELL ["/bin/bash", "-ec"]\nCMD a\nHEALTHCHECK CMD b\nENTRYPOINT c') },
  {
    name: "a health check with options",
    text: scratch(
      'HEALTHCHECK --interval=1m30s --timeout=500ms --start-period=2s --start-interval=1s --retries=5 CMD ["a", "b"]',
    ),
  },
  { name: "no health check", text: scratch("HEALTHCHECK NONE") },
  { name: "a maintainer", text: scratch("MAINTAINER  Some One <a@b.c>") },
  { name: "ONBUILD that is kept", text: scratch("ONBUILD  run   a  \\\n  && b\nONBUILD COPY <<E /x\nhi\nE\n") },
  {
    name: "ONBUILD that a stage carries out",
    text: "FROM scratch AS a\nONBUILD ENV x=1\nONBUILD COPY f /f\nFROM a\nENV y=$x\n",
    files: { f: "f" },
  },
  {
    name: "copies",
    text: scratch("COPY a /x/\nCOPY --chown=1:2 --chmod=600 a b /y/\nCOPY --link a /z\nENV n=a\nCOPY $n ./"),
    files: { a: "1", b: "2" },
  },
  { name: "copies of heredocs", text: scratch("ENV v=1\nCOPY <<FOO /a\n$v\nFOO\nCOPY <<-'B' /d/\n\t$v\n\tB\n") },
  {
    name: "copies between stages",
    text: "FROM scratch AS a\nCOPY a /x\nFROM scratch\nCOPY --from=0 /x /y\nCOPY --from=A /x /z\n",
    files: { a: "1" },
  },
  { name: "files that are added", text: scratch("ADD --chown=3 a b /x/"), files: { a: "1", b: "2" } },
  { name: "comments and empty lines in a continuation", text: scratch("ENV a=1 \\\n# no\n\n  b=2 \\  \n  c=3") },
  { name: "another escape", text: "# escape=`\nFROM scratch\nENV a=C:\\x b=`$a `\n  c=d\n" },
  { name: "carriage returns", text: "FROM scratch\r\nENV a=1 \\\r\n  b=2\r\nCMD x\r\n" },
  { name: "names in any case", text: "from scratch as A\nenv a=1\nFrom a\nCmd x\n" },
  {
    name: "several volumes, ports and labels twice",
    text: scratch("EXPOSE 1\nEXPOSE 2 1\nVOLUME /a\nVOLUME /b /a\nLABEL a=1\nLABEL a=2 b=3"),
  },
  { name: "an argument after the variable of its name", text: scratch("ENV A=1\nARG A=2\nENV r=$A") },
  { name: "quotes within words", text: scratch('ENV a=b"c d"\'e f\' g="h\\"i\\\\j\\$k" l=\'m"n\' o=p\\"q') },
  { name: "an argument with quotes", text: scratch('ARG A="x y" B=\'$A\'\nENV r="$A"$B') },
  { name: "special parameters", text: scratch('ENV a=$$ b=$1x c="$" d=$. e=${x}y') },
  { name: "a variable in the name", text: scratch("ENV k=name\nENV $k=1\nLABEL $k=2") },
  {
    name: "files from a stage that stands on another",
    text: "FROM scratch AS a\nWORKDIR /w\nCOPY a .\nFROM a AS b\nCOPY --from=a /w/a b\n",
    files: { a: "1" },
  },
  {
    name: "a heredoc into a folder of the working folder",
    text: scratch("WORKDIR /w\nCOPY <<one.txt ./d/\n1\none.txt\nADD <<E two\n2\nE"),
  },
  {
    name: "a wildcard and left-out files",
    text: scratch("COPY --exclude=*.md d* /x/\nCOPY --parents d/a.txt /y/"),
    files: { "d/a.txt": "1", "d/b.md": "2" },
  },
  { name: "chmod beside link", text: scratch("COPY --link --chmod=u=rwX,go=rX a /x/"), files: { a: "1" } },
  { name: "empty lists", text: scratch("ENTRYPOINT []\nCMD [ ]") },
  { name: "an empty shell command", text: scratch("CMD\nENTRYPOINT") },
  { name: "a command with trailing blanks and tabs", text: scratch('CMD \t a  b \t\nENTRYPOINT [ "x" ] ') },
  {
    name: "a name with a platform",
    text: "FROM --platform=$TARGETPLATFORM scratch AS a\nENV a=1\nFROM --platform=linux/amd64 a\n",
  },
];
