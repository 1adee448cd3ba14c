import { type DockerfileScenario, commonFiles as files, onBusybox as on } from "./scenario.ts";

/** Dockerfiles that make files: with commands, copies, and everything around them. */
export const commandScenarios: readonly DockerfileScenario[] = [
  on("RUN in both forms", 'RUN echo "a  b" > /f\nRUN ["touch", "/g h"]'),
  on(
    "RUN over several lines, with comments between",
    "RUN echo a > /a && \\\n  # a comment\n\n    echo b > /b \\\n  && echo c > /c",
  ),
  on("RUN with JSON that is none", "RUN [ -e /etc ] && echo yes > /f"),
  on("RUN with variables of the shell and of the file", 'ENV A=file\nRUN B=shell; echo "$A $B ${C:-none}" > /f'),
  on("RUN with arguments", "ARG A=1\nARG B\nARG C=3\nENV C=env\nRUN echo $A-$B-$C > /f", { buildArgs: { B: "given" } }),
  on("RUN that sees arguments of this stage only", "ARG A=1\nRUN echo $A > /f\nFROM busybox\nRUN echo [$A] > /f"),
  on(
    "RUN with the platform's arguments",
    "ARG TARGETARCH\nARG TARGETOS\nARG BUILDPLATFORM\nRUN echo $TARGETOS/$TARGETARCH $BUILDPLATFORM > /f",
  ),
  on("a heredoc of commands", "RUN <<EOF\necho one > /one\necho two > /two\nEOF"),
  on("a heredoc whose commands go on after one that fails", "RUN <<EOF\nfalse\necho on > /on\nEOF"),
  on("a heredoc without substitution, with tabs", "RUN <<-'EOF'\n\tX=1\n\techo \"$X\" > /x\n\tEOF"),
  on("a heredoc with a program of its own", 'RUN <<EOF\n#!/bin/awk -f\nBEGIN { print "awk" > "/awk" }\nEOF'),
  on("a heredoc for a program", "RUN cat > /f <<EOF\nline $HOME\nEOF"),
  on("heredocs that are files", "COPY <<one <<two /d/\n1\none\n2 $HOME\ntwo"),
  on("a heredoc that is a file, with mode and owner", "COPY --chmod=600 --chown=node:staff <<EOF /etc/secret\ns\nEOF"),
  on("SHELL", 'SHELL ["/bin/sh", "-ec"]\nRUN echo a > /a; true'),
  on("WORKDIR and relative paths", "WORKDIR /w\nRUN pwd > p\nWORKDIR x/y\nRUN pwd > p\nCOPY a.txt ."),
  on("WORKDIR with variables", "ENV D=/d\nWORKDIR $D/e\nRUN pwd > here"),
  on("WORKDIR of another user", "USER node\nWORKDIR /n\nRUN id -u > /tmp/u"),
  on(
    "USER by name, number and group",
    "USER node\nRUN id > /tmp/1\nUSER 33:50\nRUN id -g > /tmp/2\nUSER www-data:staff\nRUN id > /tmp/3",
  ),
  on(
    "COPY of files, folders and wildcards",
    "COPY a.txt /x/\nCOPY a.txt b.txt /y/\nCOPY dir /z\nCOPY dir/*.txt *.sh /w/\nCOPY d?r/sub /v/",
  ),
  on(
    "COPY onto what is there",
    "RUN mkdir -p /x/sub; echo old > /x/one.txt; echo keep > /x/keep\nCOPY dir /x\nCOPY a.txt /x/one.txt",
  ),
  on(
    "COPY with chown, chmod and exclude",
    "COPY --chown=node:staff --chmod=640 a.txt /a\nCOPY --chmod=u=rwX,go=r dir /d\nCOPY --exclude=*.md --exclude=sub dir /e",
  ),
  on("COPY with parents", "COPY --parents dir/sub/three.txt ./dir/one.txt /p/\nCOPY --parents dir/./sub /q/"),
  on("COPY with link", "COPY --link a.txt /l/a\nCOPY --link dir /l/d/\nRUN cat /l/a > /seen"),
  on("COPY of a name with blanks", 'COPY ["with space.txt", "/to here/"]', { files: { "with space.txt": "s\n" } }),
  on("COPY through a link in the image", "RUN ln -s /var/tmp /t\nCOPY a.txt /t/\nCOPY a.txt /var/lock/x/"),
  on(
    "COPY from a stage",
    "RUN echo one > /one; chown node /one; chmod 600 /one\nFROM busybox\nCOPY --from=0 /one /two\nCOPY --from=0 /etc/passwd /etc/group /e/",
  ),
  on(
    "COPY from a named stage and an image",
    "RUN mkdir /o; echo x > /o/x; ln -s x /o/l\nFROM busybox AS second\nRUN echo y > /y\nFROM scratch\nCOPY --from=second /y /\nCOPY --from=busybox /etc/passwd /p\nCOPY --from=0 /o /o2",
    {},
  ),
  on(
    "stages that stand on stages",
    "RUN echo 1 > /1\nFROM busybox AS b\nRUN echo 2 > /2\nFROM b AS c\nRUN cat /2 > /3\nFROM b\nRUN ls / > /list",
  ),
  on("a stage that nobody needs", "RUN echo 1 > /1\nFROM busybox AS unused\nRUN false\nFROM busybox\nRUN echo 3 > /3"),
  on(
    "a target by name and by number",
    "RUN echo 1 > /1\nFROM busybox AS mid\nRUN echo 2 > /2\nFROM busybox\nRUN echo 3 > /3",
    { target: "mid" },
  ),
  on("ADD of files and folders", "ADD a.txt /x/\nADD dir /y/\nADD --chown=33 b.txt /z"),
  on(
    "bind, cache and tmpfs mounts",
    "RUN --mount=type=bind,target=/in,source=dir cp /in/one.txt /one\nRUN --mount=type=cache,target=/c echo x > /c/x\nRUN --mount=type=cache,target=/c cat /c/x > /kept\nRUN --mount=type=tmpfs,target=/t touch /t/x\nRUN --mount=target=/all,rw ls /all > /list",
  ),
  on("a mount from a stage", "RUN true", {
    text: "FROM busybox AS first\nRUN mkdir /o; echo o > /o/f\nFROM busybox\nRUN --mount=from=first,source=/o,target=/m cat /m/f > /f\n",
  }),
  on("a mount that is relative to the folder", "WORKDIR /w\nRUN --mount=target=in,source=a.txt cat in > out"),
  on(
    "secrets that nobody gave",
    "RUN --mount=type=secret,id=x ls /run/secrets > /l 2>/dev/null || touch /none\nRUN --mount=type=secret,id=y,env=Y echo [$Y] > /y",
  ),
  on("no network", "RUN --network=none ip -o link | grep -c . > /n"),
  on("removed and replaced files", "RUN rm -r /usr/share/doc /etc/group; mv /etc/passwd /etc/p; mkdir /etc/group"),
  on("the context's ignore file", "COPY . /ctx/", {
    files: { ...files, ".dockerignore": "*.md\n!dir/two.md\nrun.sh\n# comment\ndir/sub\n" },
  }),
  on(
    "ENV, LABEL and others between commands",
    "ENV A=1\nRUN echo $A > /1\nLABEL x=y\nENV A=2\nRUN echo $A > /2\nEXPOSE 80\nVOLUME /v\nUSER node\nCMD x\nENTRYPOINT y\nSTOPSIGNAL 9\nHEALTHCHECK CMD z",
  ),
  on("global arguments in FROM", "RUN true", {
    text: "ARG BASE=busybox\nARG V=1\nFROM ${BASE} AS x\nARG V\nRUN echo $V > /v\n",
    files,
  }),
  on("another escape character", "RUN true", {
    text: "# escape=`\nFROM busybox\nRUN echo a > /a && `\n  echo b\\c > /b\n",
    files,
  }),
  on("lines that end as on Windows", "RUN true", {
    text: "FROM busybox\r\nRUN echo a > /a && \\\r\n  echo b > /b\r\nCOPY a.txt /\r\n",
    files,
  }),
  on("instructions in lower case", "run echo a > /a\ncopy a.txt /c\nenv X=y\nlabel q=r"),
  on("ONBUILD of a stage", "ONBUILD RUN echo triggered > /t\nONBUILD COPY a.txt /from-trigger\nFROM 0 AS later", {
    text: "FROM busybox AS base\nONBUILD RUN echo triggered > /t\nONBUILD COPY a.txt /from-trigger\nFROM base\nRUN ls / > /list\n",
  }),
  on(
    "a tutorial: a compiler's work",
    'RUN mkdir -p /usr/src/app\nWORKDIR /usr/src/app\nCOPY dir/ ./\nRUN cat one.txt two.md > built && chmod 755 built\nEXPOSE 8080\nCMD ["./built"]',
  ),
];
