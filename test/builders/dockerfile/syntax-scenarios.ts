import { commonFiles, type DockerfileScenario, onBusybox, onScratch } from "./scenario.ts";

/** How a file is written: directives, lines, flags, lists, and heredocs. */
export const syntaxScenarios: readonly DockerfileScenario[] = [
  {
    name: "a directive in another case, after which a comment ends the directives",
    text: "# Escape = `\n# a comment\n# escape=\\\nFROM scratch\nENV a=1 `\n  b=c:\\d\n",
  },
  { name: "a directive after a comment", text: "# a comment\n# escape=`\nFROM scratch\nENV a=1 \\\n  b=`\n" },
  {
    name: "checks that are skipped, for the file and for one instruction",
    text: "# check=skip=all;error=true\nFROM scratch AS Upper\n# check=skip=JSONArgsRecommended\nCMD a b\nMAINTAINER me\n",
  },
  {
    name: "checks that the build skips",
    text: "# check=error=true\nFROM scratch\nENV a b\n",
    buildArgs: { BUILDKIT_DOCKERFILE_CHECK: "skip=all" },
  },
  { name: "a byte order mark and blanks before instructions", text: "\ufeffFROM scratch\n  \tENV a=1 \\\n    b=2\n" },
  onBusybox("a backslash that is escaped goes on with nothing", "RUN echo a\\\\\nRUN echo b > /f\\\\\nENV x=1"),
  onBusybox(
    "blanks after the character that goes on",
    "RUN echo a > /a && \\ \t\n    echo '  b' > /b\nENV a=1 \\  \n  b=2",
  ),
  onBusybox("comments that are none", "RUN echo a # > /b\nENV a=1#2\nRUN echo '\\\n#no\\\n  #no\\\nyes' > /c"),
  onBusybox("flags that end", "COPY --chmod=600 -- a.txt /x/\nCOPY --chown='33:33' --chmod=\"640\" b.txt /y"),
  onBusybox(
    "flags that are true or false",
    "COPY --link=TRUE a.txt /l\nCOPY --link=false a.txt /m\nCOPY --parents=False dir/one.txt /n/\nADD --unpack=false a.txt /o",
  ),
  onBusybox("paths with quotes", "COPY \"a.txt\" '/x'\nCOPY b\\.txt /z"),
  onBusybox(
    "a list with escapes",
    'COPY ["a.txt", "\\u0062.txt", "/d\\t/"]\nCMD ["a\\"b", "c\\\\d", "<&>", "é"]\nVOLUME [ "/v w" ]',
  ),
  onScratch("a label in the old form, with quotes", 'LABEL a "b  c" d\nENV e  \'f\' "g"\nENV h i=j'),
  { name: "a file without a last line break", text: "FROM scratch\nENV a=1\nCMD x \\" },
  onBusybox(
    "a heredoc with a program, by its own name",
    'RUN <<SCRIPT\n#!/bin/awk -f\nBEGIN { print ARGV[0] > "/awk" }\nSCRIPT',
  ),
  onBusybox(
    "a heredoc with a program, after arguments and another shell",
    'ARG A=1\nARG B\nSHELL ["/bin/sh", "-xc"]\nRUN <<-"My"\n\t#!/bin/sh\n\techo "$0 $A" > /f\n\tMy',
  ),
  onBusybox("several heredocs of one command", "RUN cat <<A > /a && cat <<-'B' > /b\n$HOME\nA\n\t$HOME\n\tB"),
  onBusybox("a heredoc at another descriptor", "RUN cat 3<<E <&3 > /f\nthree\nE"),
  onBusybox("a heredoc in a list is none", 'RUN ["sh", "-c", "cat <<E > /f\\nx\\nE\\n"]'),
  onBusybox("a heredoc in a shell of its own", 'SHELL ["/bin/sh", "-ec"]\nRUN <<E\necho one > /one\ntrue\nE\nCMD a'),
  onBusybox(
    "heredocs and paths in one copy",
    "COPY <<one a.txt <<two /d/\n1\none\n2 $HOME\ntwo\nADD b.txt <<three /d/\n3\nthree",
  ),
  onBusybox("heredocs into one file", "COPY <<one <<two /d\n1\none\n2\ntwo"),
  onBusybox("a heredoc into a folder that is there", "RUN mkdir -p /d /e\nCOPY <<one /d\n1\none\nADD <<two /e\n2\ntwo"),
  onBusybox(
    "a heredoc's variables, quotes and escapes",
    'ENV v=1\nCOPY <<E /e\n$v ${v} \\$v "$v" \'$v\' ${n:-none}\\\\ \\x\nE\nCOPY <<"F" /f\n$v \\$v\nF\nCOPY <<-G /g\n\t\ta $v\n\t b\n\tG',
  ),
  onBusybox(
    "heredocs with flags",
    "COPY --link --chown=33:44 --chmod=750 <<a <<b /l/\n1\na\n2\nb\nADD --chown=node <<c /c\n3\nc",
  ),
  {
    name: "heredocs in triggers",
    files: commonFiles,
    text: "FROM busybox AS a\nONBUILD RUN <<X\necho ran > /ran\nX\nONBUILD COPY <<one a.txt /d/\n1\none\nFROM a\nENV b=c\n",
  },
];
