import { type Definition, makePlan, type Step, StrakeError, statementsOf } from "@strake/core";
import type { ImageConfig } from "@strake/oci/document";
import { describe, expect, test } from "vitest";
import { printDockerfile } from "../print-dockerfile.ts";
import { parseDockerfile } from "../syntax/parse-dockerfile.ts";
import { readDockerfile } from "./read-dockerfile.ts";
import type { ReadDockerfile, ReadOptions } from "./read-options.ts";

const platform = { os: "linux", architecture: "amd64" };

function read(text: string, options: Partial<ReadOptions> = {}): ReadDockerfile {
  const tree = parseDockerfile(text, { file: "/p/Dockerfile" });
  return readDockerfile(tree, { context: "/p", platform: "linux/amd64", ...options });
}

function plan(definition: Definition) {
  return makePlan(definition, { resolution: new Map(), platform, project: "/p" }).plan;
}

const historyOf = (text: string, options?: Partial<ReadOptions>) =>
  plan(read(text, options).definition).image.history.map((entry) => entry.created_by);
const lastOf = (text: string, options?: Partial<ReadOptions>) => read(text, options).definition as Step;
const problemOf = (text: string, options?: Partial<ReadOptions>) => {
  try {
    read(text, options);
  } catch (error) {
    if (error instanceof StrakeError) return error;
    throw error;
  }
  throw new Error("no error");
};

describe("readDockerfile", () => {
  test("writes the history that BuildKit writes", () => {
    const text = `FROM scratch
ARG A=b C
ENV X=1 Y="two $A"
ENV old form  of
RUN echo $A
RUN ["x", "y"]
WORKDIR /srv
COPY --chown=1:2 --chmod=644 a b /x/
COPY <<FOO /etc/foo
$A
FOO
EXPOSE 80 443/tcp
VOLUME /a /b
LABEL l=1
USER me
STOPSIGNAL TERM
SHELL ["/bin/bash", "-c"]
HEALTHCHECK --interval=30s CMD x
CMD x y
ENTRYPOINT ["e"]
MAINTAINER Someone <s@x>
`;
    expect(historyOf(text)).toEqual([
      "ARG A=b C",
      "ENV X=1 Y=two b",
      "ENV old=form  of",
      "RUN |2 A=b C= /bin/sh -c echo $A # buildkit",
      "RUN |2 A=b C= x y # buildkit",
      "WORKDIR /srv",
      "COPY --chown=1:2 --chmod=644 a b /x/ # buildkit",
      "COPY <<FOO /etc/foo # buildkit",
      "EXPOSE [443/tcp 80/tcp]",
      "VOLUME [/a /b]",
      "LABEL l=1",
      "USER me",
      "STOPSIGNAL TERM",
      "SHELL [/bin/bash -c]",
      "HEALTHCHECK {Test:[CMD-SHELL x] Interval:30s Timeout:0s StartPeriod:0s StartInterval:0s Retries:0}",
      'CMD ["/bin/bash" "-c" "x y"]',
      'ENTRYPOINT ["e"]',
      "MAINTAINER Someone <s@x>",
    ]);
  });

  test("gives each statement the line that says it", () => {
    const { definition } = read("FROM scratch\n\nRUN a \\\n  b\nUSER x\n");
    expect(statementsOf(definition).map((node) => node.site)).toEqual([
      { file: "/p/Dockerfile", line: 1, column: 1 },
      { file: "/p/Dockerfile", line: 3, column: 1 },
      { file: "/p/Dockerfile", line: 5, column: 1 },
    ]);
  });

  test("takes arguments from the build, the stage and the file, in this order", () => {
    const text = "ARG V=global\nFROM scratch\nARG V\nARG W=own\nARG TARGETARCH\nENV R=$V-$W-$TARGETARCH\n";
    expect(lastOf(text)).toMatchObject({ variables: [["R", "global-own-amd64"]] });
    expect(lastOf(text, { buildArgs: new Map([["W", "given"]]) })).toMatchObject({
      variables: [["R", "global-given-amd64"]],
    });
    expect(lastOf("ARG V=1\nFROM scratch\nENV R=[$V]\n")).toMatchObject({ variables: [["R", "[]"]] });
  });

  test("sees in an instruction the variables as they were before it", () => {
    expect(lastOf("FROM scratch\nENV a=1\nENV a=2 b=$a\n")).toMatchObject({
      variables: [
        ["a", "2"],
        ["b", "1"],
      ],
    });
  });

  test("chooses the stage to build and leaves out what it does not need", () => {
    const text = "FROM scratch AS One\nENV A=1\nFROM nowhere AS two\nFROM one AS three\nCOPY --from=0 /a /b\n";
    expect([...read(text).definitions.keys()]).toEqual([0, 2]);
    expect([...read(text, { target: "ONE" }).definitions.keys()]).toEqual([0]);
    expect([...read(text, { target: "1" }).definitions.keys()]).toEqual([1]);
    expect(read(text, { target: "two" }).missing).toEqual([{ name: "nowhere", platform: "linux/amd64" }]);
    expect(problemOf(text, { target: "thre" }).message).toContain("did you mean three?");
  });

  test("inherits arguments and the shell from the stage it stands on", () => {
    const text = 'FROM scratch AS a\nARG V=1\nSHELL ["sh"]\nFROM a\nCMD $V\nENV X=$V\n';
    expect(lastOf(text)).toMatchObject({ variables: [["X", "1"]] });
    expect(plan(read(text).definition).image.config).toMatchObject({ Cmd: ["sh", "$V"] });
  });

  test("carries out the ONBUILD instructions of a stage and of a base", () => {
    const text = "FROM scratch AS a\nONBUILD COPY --from=z <<E /x\n$V\nE\nFROM scratch AS z\nFROM a\nENV B=1\n";
    expect(() => read(text)).not.toThrow();
    const base = { architecture: "amd64", os: "linux", rootfs: { type: "layers", diff_ids: [] } } as const;
    const config: ImageConfig = { ...base, config: { Env: ["V=7"], OnBuild: ["ENV W=$V"] } };
    const { definition, missing } = read("FROM b\nENV X=$W\n", { baseConfig: () => config });
    expect(missing).toEqual([]);
    expect(statementsOf(definition)).toMatchObject([
      { kind: "from", triggers: ["ENV W=$V"] },
      { kind: "env", variables: [["W", "7"]], site: { line: 1 } },
      { kind: "env", variables: [["X", "7"]] },
    ]);
    const stage = read("FROM scratch AS a\nONBUILD ENV A=1\nFROM a\nENV B=1\n").definition;
    expect(plan(stage).image.config).toEqual({ Env: [expect.any(String), "A=1", "B=1"], WorkingDir: "/" });
  });

  test("leaves open what an unknown base decides", () => {
    const { definition, missing } = read("FROM debian:12\nENV A=${HERE:?missing}\nCOPY --from=busybox /a /b\n");
    expect(missing).toEqual([{ name: "debian:12", platform: "linux/amd64" }]);
    expect(definition).toMatchObject({ from: { type: "reference", name: "busybox" } });
  });

  test("reads mounts of all kinds", () => {
    const text = `FROM scratch AS a
FROM scratch
ARG T=/t
RUN --mount=target=/b,from=a,source=/s,rw --mount=type=cache,id=c,target=$T,sharing=locked,mode=0700,uid=1 \\
  --mount=type=tmpfs,target=/m,size=64m --mount=type=secret,id=s,env=S,required --mount=type=ssh --network=none x
`;
    expect(lastOf(text)).toMatchObject({
      network: "none",
      mounts: [
        { type: "bind", target: "/b", source: "/s", writable: true, from: { type: "image" } },
        { type: "cache", id: "c", target: "/t", sharing: "locked", mode: 0o700, uid: 1 },
        { type: "tmpfs", target: "/m", size: 64 * 2 ** 20 },
        { type: "secret", id: "s", env: "S", required: true },
        { type: "ssh" },
      ],
    });
  });

  test("mounts over the working folder where a mount has no target", () => {
    const { operations } = plan(read("FROM scratch\nWORKDIR /w\nRUN --mount=type=bind x\n").definition);
    const run = Object.values(operations).find((operation) => operation.op === "run");
    expect(run).toMatchObject({ mounts: [{ type: "bind", target: "/w" }] });
  });

  test("reads heredocs of RUN as a script, a program or the shell's own", () => {
    const command = (text: string) => (lastOf(`FROM scratch\n${text}`) as { command?: unknown }).command;
    expect(command("RUN <<EOF\na\nb\nEOF\n")).toEqual({ form: "shell", text: "a\nb\n" });
    expect(command("RUN <<-EOF\n\ta\n\tEOF\n")).toEqual({ form: "shell", text: "a\n" });
    const script = { form: "script", interpreter: "/bin/x", text: "a\n", name: "X" };
    expect(command("RUN <<X\n#!/bin/x\na\nX\n")).toEqual(script);
    expect(command("RUN cat <<A > b\nx\nA\n")).toEqual({ form: "shell", text: "cat <<A > b\nx\nA" });
  });

  test("keeps heredocs of COPY and ADD in the statement, after the paths", () => {
    const one = { type: "content", name: "one", content: "1\n" };
    const text = "FROM scratch\nENV v=1\nCOPY <<one a /d/\n$v\none\n";
    expect(lastOf(text)).toMatchObject({ kind: "copy", sources: [{ type: "path", path: "a" }, one] });
    expect(historyOf(text).at(-1)).toBe("COPY a <<one /d/ # buildkit");
    expect(plan(read(text).definition).image.history).toHaveLength(2);
    expect(lastOf("FROM scratch\nADD <<one /d/\n1\none\n")).toMatchObject({ kind: "add", sources: [one] });
    expect(historyOf("FROM scratch\nARG A\nRUN <<X\n#!/bin/x\nX\n").at(-1)).toBe(
      "RUN |1 A= /bin/sh -c /dev/pipes/X # buildkit",
    );
  });

  test("leaves open in a stage that is not needed what BuildKit sees later", () => {
    const text = "FROM x\nRUN --mount=type=cach y\nENV a=${b:?no}\nSTOPSIGNAL X\nCOPY --from=y a b\nFROM scratch\n";
    expect(read(text).missing).toEqual([]);
    expect([...read(text).definitions.keys()]).toEqual([1]);
  });

  test("takes a folder as a base, in the place of an image and of a stage", () => {
    const contexts = new Map([["lib", { type: "context", root: "/lib" } as const]]);
    const files = { kind: "copy", from: { type: "context", root: "/lib" }, history: null };
    expect(statementsOf(read("FROM lib\nENV a=1\n", { contexts }).definition)).toMatchObject([
      { kind: "from", base: { type: "scratch" } },
      files,
      { kind: "env" },
    ]);
    const replaced = read("FROM busybox AS lib\nRUN x\nFROM lib\n", { contexts });
    expect(statementsOf(replaced.definitions.get(0) as Definition)).toMatchObject([{ kind: "from" }, files]);
  });

  test("tells the kinds of ADD's sources apart", () => {
    const text = "FROM scratch\nADD https://x.y/a.tgz https://x.y/r.git#v1 git@x.y:r.git l /d/\n";
    expect(lastOf(text)).toMatchObject({
      sources: [{ type: "http" }, { type: "git" }, { type: "git" }, { type: "path" }],
    });
  });

  test.each([
    ["RUN x\nFROM a", "no build stage in current context"],
    ["ARG A", "dockerfile contains no stages to build"],
    ["FROM a b", "FROM requires either one or three arguments"],
    ["FROM scratch AS 1x", 'invalid name for build stage: "1x"'],
    ["FROM $A", "base name ($A) should not be blank"],
    ["FROM scratch\nCOPY a", "COPY requires at least two arguments"],
    ["FROM scratch\nCOPY --form=a a b", "unknown flag: --form (did you mean --from?)"],
    ["FROM scratch\nCOPY --from=$A a b", "variable expansion is not supported for --from"],
    ["FROM scratch\nCOPY --link=maybe a b", "expecting boolean value for flag --link, not: maybe"],
    ["FROM scratch\nCOPY --chown=a --chown=b a b", "duplicate flag specified: --chown"],
    ["FROM scratch AS a\nCOPY --from=b x y\nFROM scratch AS b\nFROM a", "needs to be defined before current stage"],
    ["FROM scratch\nCOPY --form=a a b\nFROM scratch", "unknown flag: --form"],
    ["FROM scratch\nCOPY --from=$A a b\nFROM scratch", "variable expansion is not supported for --from"],
    ["FROM --platform=a/b/c/d scratch\nFROM scratch", "failed to parse platform a/b/c/d"],
    ["FROM $A\nFROM scratch", "base name ($A) should not be blank"],
    ["FROM scratch\nSTOPSIGNAL X", "invalid signal: X"],
    ["FROM scratch\nSHELL bash", "SHELL requires the arguments to be in JSON form"],
    ["FROM scratch\nONBUILD FROM x", "FROM isn't allowed as an ONBUILD trigger"],
    ["FROM scratch\nRUN --mount=type=cach,target=/x y", 'unsupported mount type "cach" (did you mean cache?)'],
    ["FROM scratch\nRUN --device=x y", "RUN --device needs devices of a daemon"],
    ["FROM scratch\nHEALTHCHECK --interval=1 CMD x", '--interval: "1" is not a duration'],
    ['FROM scratch\nENV A="${B:?is needed}"', "B: is needed"],
    ["# syntax=other/frontend\nFROM scratch", "the file is written for the frontend other/frontend"],
  ])("refuses %j", (text, message) => {
    expect(problemOf(text).message).toContain(message);
  });

  test("gives the same plan when what it read is printed and read again", () => {
    const text = `ARG V=1
FROM scratch AS one
ENV A="a b" P=$V
COPY ["a b", "/x/"]
RUN --mount=type=cache,target=/c,id=k make && echo "$A"
FROM one AS two
WORKDIR /srv
COPY --from=one --link /x ./
ADD --chmod=755 https://example.com/a.tar /dl/
RUN <<EOF
a
b
EOF
EXPOSE 80/udp 1000-1003
HEALTHCHECK --retries=2 CMD ["x"]
ONBUILD RUN x
ENTRYPOINT ["/e"]
CMD run it
`;
    const first = read(text);
    const printed = printDockerfile(first.definition, { project: "/p", names: first.names });
    const second = read(printed.text);
    expect(plan(second.definition)).toEqual(plan(first.definition));
    expect(printDockerfile(second.definition, { project: "/p", names: second.names }).text).toBe(printed.text);
  });

  test("reads hundreds of lines, of which each sees the one before", () => {
    const lines = Array.from({ length: 150 }, (_, at) => `ENV N${at}=$N${at - 1}x\nRUN make ${at} \\\n  && clean`);
    const text = `FROM scratch\n${lines.join("\n")}\n`;
    expect(plan(read(text).definition).image.history).toHaveLength(300);
  });

  test("reads ten thousand stages that stand on one another", () => {
    const stages = Array.from({ length: 10_000 }, (_, at) => `FROM s${at} AS s${at + 1}`);
    expect(read(`FROM scratch AS s0\n${stages.join("\n")}\n`).definitions.size).toBe(10_001);
  });
});
