import {
  argument,
  bind,
  cache,
  commands,
  files,
  type Image,
  image,
  interpolate,
  local,
  rootfs,
  script,
  secret,
  ssh,
  variable,
} from "@strake/core";
import { describe, expect, test } from "vitest";
import { printDockerfile } from "./print-dockerfile.ts";
import { readDockerfile } from "./read/read-dockerfile.ts";
import { parseDockerfile } from "./syntax/parse-dockerfile.ts";

const print = (target: Image): string => printDockerfile(target.definition, { project: import.meta.dirname }).text;
const scratch = image().from("scratch");

describe("printDockerfile", () => {
  test("keeps blanks at the ends of values, and the author as he writes himself", () => {
    expect(print(scratch.workdir(" a ").user("u").maintainer('A "$b" \\o'))).toBe(
      'FROM scratch\nWORKDIR " a "\nUSER u\nMAINTAINER A "$b" \\o\n',
    );
  });

  test("runs what has several lines with the shell of the stage below", () => {
    const base = scratch.shell(["bash", "-ec"]);
    expect(print(image().from(base).run("#a\nb"))).toContain('RUN ["bash", "-ec", "#a\\nb"]');
  });

  test("leaves to ONBUILD what it does in a stage that stands on it", () => {
    const text = "FROM scratch AS a\nONBUILD ENV A=1\nENV B=2\n\nFROM a\nENV C=3\n";
    const { definition, names } = readDockerfile(parseDockerfile(text, { file: "/Dockerfile" }), {
      context: "/",
      platform: "linux/amd64",
    });
    expect(printDockerfile(definition, { project: "/", names }).text).toBe(text);
  });

  test("makes stages of the images that are used by value, once each and before their users", () => {
    const base = image().from("debian:12").env({ A: "1" });
    const tool = image().from(base).run("make");
    const both = image().from(base).copy("/tool", "/bin/", { from: tool }).copy("/doc", "/doc/", { from: tool });
    expect(print(both)).toBe(`FROM debian:12 AS stage-1
ENV A=1

FROM stage-1 AS stage-2
RUN make

FROM stage-1
COPY --from=stage-2 /tool /bin/
COPY --from=stage-2 /doc /doc/
`);
  });

  test("says arguments before the first FROM, and takes their defaults where nothing can expand", () => {
    const version = argument("VERSION", "12");
    const target = image()
      .from(interpolate`debian:${version}`, { platform: argument("BUILDPLATFORM") })
      .arg("VERSION", version)
      .label({ version, text: interpolate`${variable("VERSION")}!` })
      .cmd(["echo", version]);
    expect(print(target)).toBe(`ARG VERSION=12
FROM --platform=\${BUILDPLATFORM} debian:\${VERSION}
ARG VERSION
LABEL version=12 \\
    text="\${VERSION}!"
CMD ["echo", "12"]
`);
  });

  test("keeps a dollar in the path of a heredoc", () => {
    expect(print(scratch.write("/a$b", "x\n"))).toContain('COPY <<"EOF" /a\\$b\nx\nEOF\n');
  });

  test("calls stages by the names of their images", () => {
    const base = image().from("debian:12");
    const { text } = printDockerfile(image().from(base).definition, {
      project: import.meta.dirname,
      names: new Map([[base.definition, "Shared Base"]]),
    });
    expect(text).toBe("FROM debian:12 AS shared-base\n\nFROM shared-base\n");
  });

  test.each([
    ["a plain value", "x/y:z", "x/y:z"],
    ["a space", "a b", '"a b"'],
    ["quotes", `say "it's"`, `"say \\"it's\\""`],
    ["a dollar", "$HOME", '"\\$HOME"'],
    ["a backslash at the end", "C:\\", '"C:\\\\"'],
    ["nothing", "", '""'],
  ])("quotes %s", (_name, value, quoted) => {
    expect(print(scratch.env({ V: value }))).toBe(`FROM scratch\nENV V=${quoted}\n`);
  });

  test("keeps variables where they are used", () => {
    const text = print(scratch.arg("V", "1").env({ P: interpolate`/opt/$x/${variable("V")}/bin` }));
    expect(text).toContain('ENV P="/opt/\\$x/${V}/bin"');
  });

  test("takes the JSON form for paths with spaces and for commands that the parser would misread", () => {
    expect(print(scratch.copy("a b", "/x/"))).toContain('COPY ["a b", "/x/"]');
    expect(print(scratch.run("cat <<EOF > x"))).toContain('RUN ["/bin/sh", "-c", "cat <<EOF > x"]');
    expect(print(scratch.run("[ -e /x ]"))).toContain('RUN ["/bin/sh", "-c", "[ -e /x ]"]');
  });

  test("prints commands, scripts and mounts", () => {
    const text = print(
      scratch
        .run(commands("a", "b"), { network: "none" })
        .run(script("x\ny\n"), { mounts: [cache("/c", { sharing: "locked" }), secret("t", { env: "T" })] })
        .run(["p", "q"], { mounts: [bind("/src", { source: "lib" })] }),
    );
    expect(text).toBe(`# syntax=docker/dockerfile:1.10
FROM scratch
RUN --network=none \\
    a \\
&& b
RUN --mount=type=cache,target=/c,sharing=locked \\
    --mount=type=secret,id=t,env=T \\
    <<EOF
set -e
x
y
EOF
RUN --mount=type=bind,source=lib,target=/src \\
    ["p", "q"]
`);
  });

  test("ends a heredoc with a word that its content has not", () => {
    expect(print(scratch.write("/x", "EOF\n"))).toContain('COPY <<"EOF1" /x\nEOF\nEOF1\n');
  });

  test("names folders outside the context, and what to call the build with", () => {
    const { text, contexts } = printDockerfile(scratch.copy("x", "/x", { from: local("../..") }).definition, {
      project: import.meta.dirname,
    });
    expect(text).toContain("# Build with --build-context context-1=../..\n");
    expect(text).toContain("COPY --from=context-1 x /x");
    expect([...contexts.keys()]).toEqual(["context-1"]);
    const quiet = printDockerfile(scratch.copy("x", "/x", { from: local("../..") }).definition, {
      project: import.meta.dirname,
      hints: false,
    });
    expect(quiet.text).not.toContain("--build-context");
  });

  test("takes offered images from outside, under names that hide no other image", () => {
    const node = image().from("node:24").env({ A: "1" });
    const tool = image().from("debian").run("make");
    const target = image().from(node).copy("/tool", "/bin/", { from: tool });
    const printed = printDockerfile(target.definition, {
      project: import.meta.dirname,
      names: new Map([
        [node.definition, "node"],
        [tool.definition, "debian"],
      ]),
      offered: new Set([node.definition, target.definition]),
    });
    expect(printed.text).toBe(`# syntax=docker/dockerfile:1.4
FROM debian AS debian
RUN make

FROM node
COPY --from=debian /tool /bin/
`);
    expect([...printed.given]).toEqual([["node", node.definition]]);
    const both = printDockerfile(image().from("x.test/team/node:24").copy("/a", "/a", { from: node }).definition, {
      project: import.meta.dirname,
      names: new Map([[node.definition, "node"]]),
      offered: new Set([node.definition]),
    });
    expect(both.text).toContain("COPY --from=node-1 /a /a\n");
  });

  test("keeps an offered image a stage where it is wanted for a platform of its own", () => {
    const base = image().from("debian");
    const tool = image().from(base);
    const target = image().from(image().from(tool, { platform: "linux/amd64" }));
    const { text, given } = printDockerfile(target.definition, {
      project: import.meta.dirname,
      offered: new Set([base.definition, tool.definition]),
    });
    expect(text).toContain("FROM debian AS stage-1\n");
    expect(given.size).toBe(0);
  });

  test("tells what the build has to be given and to allow", () => {
    const { secrets, agents, entitlements } = printDockerfile(
      scratch
        .run(["a"], { mounts: [secret("t"), secret("t", { env: "TOKEN" }), ssh(), ssh({ id: "work" })] })
        .run(["b"], { network: "host", security: "insecure" }).definition,
      { project: import.meta.dirname },
    );
    expect([...secrets]).toEqual([["t", "TOKEN"]]);
    expect(agents).toEqual(["default", "work"]);
    expect(entitlements).toEqual(["network.host", "security.insecure"]);
  });

  test("adds a root file system as an archive", () => {
    expect(print(image().from(rootfs("base.tar.xz")))).toBe("FROM scratch\nADD base.tar.xz /\n");
  });

  test.each([
    ["a file that does not end in a line break", scratch.write("/x", "x")],
    ["a path with blanks or quotes beside a heredoc", scratch.write("/a b", "x\n")],
    ["a file of bytes", scratch.write("/x", Uint8Array.of(0))],
    ["a line break in a value", scratch.env({ A: "a\nb" })],
    ["merge()", scratch.merge(scratch)],
    ["the patterns src/+(a|b)", scratch.copy(files("src/+(a|b)"), "/x/")],
    ["a value of another image", scratch.env({ BASE: scratch.digest })],
  ])("says at which line a Dockerfile cannot say %s", (what, target) => {
    const site = target.definition.site;
    expect(() => print(target)).toThrow(
      expect.objectContaining({ code: "no-dockerfile-form", site, message: expect.stringContaining(what) }),
    );
  });
});
