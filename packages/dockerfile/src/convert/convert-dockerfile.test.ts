import { describe, expect, test } from "vitest";
import { convertDockerfile } from "./convert-dockerfile.ts";

const convert = (text: string) => convertDockerfile(text, { file: "Dockerfile" });

describe("convertDockerfile", () => {
  test("makes constants of stages, arguments of ARG before FROM, and keeps comments and lines", () => {
    const text = `# syntax=docker/dockerfile:1
# which Node.js
ARG VERSION=24
ARG UNUSED=1
ARG TAG=\${VERSION}-slim

# what all need
FROM --platform=$BUILDPLATFORM node:$TAG AS build-base
ENV PATH=/app/bin:$PATH MODE="a b"
# install it
RUN --mount=type=cache,target=/root/.npm apt-get update && \\
    # only what is needed
    apt-get install -y git

FROM build-base
COPY --from=build-base --chown=1:2 /app /srv
COPY a b ./
EXPOSE 80
# the end
`;
    expect(convert(text)).toBe(
      `import { argument, cache, image, interpolate, likeDocker, variable } from "strake";

// which Node.js
const version = argument("VERSION", "24");
const tag = argument("TAG", interpolate\`\${version}-slim\`);

// what all need
const buildBase = image()
  .from(interpolate\`node:\${tag}\`, { platform: argument("BUILDPLATFORM") })
  .env({ PATH: interpolate\`/app/bin:\${variable("PATH")}\`, MODE: "a b" })
  // install it
  // only what is needed
  .run(\`apt-get update && \\
    apt-get install -y git\`, { mounts: [cache("/root/.npm")] });

export default image()
  .from(buildBase)
  .copy("/app", "/srv", { ...likeDocker, from: buildBase, chown: "1:2" })
  .copy(["a", "b"], "./", likeDocker)
  .expose(80);

// the end
`,
    );
  });

  test("exports the stages that the last does not need", () => {
    const code = convert("FROM scratch AS base\nFROM base AS test\nRUN t\nFROM base\nUSER 1\n");
    expect(code).toContain('const base = image()\n  .from("scratch");');
    expect(code).toContain("export const test = image()\n  .from(base)");
    expect(code).toContain("export default image()\n  .from(base)\n  .user");
  });

  test("makes a function of statements that stages share, with the comments of each place", () => {
    const shared = "RUN one\nRUN two\n";
    const code = convert(`FROM a\n# first\n${shared}FROM b AS b\n# second\n${shared}USER 1\n`);
    expect(code).toContain('const shared = (it: Image) =>\n  it\n    // first\n    .run("one")\n    .run("two");\n');
    expect(code).toContain('.from("b")\n  // second\n  .with(shared)\n  .user("1");');
  });

  test("keeps variables where they have to be looked up, and defaults where they may be missing", () => {
    const code = convert(
      'FROM x\nARG A\nARG B=1.2.3\nENV a=$A b=${A:-none} c=${B%.*} d=$HOME e=${B:+yes} f="$$x \\$A"\nWORKDIR /x-$B\n',
    );
    expect(code).toContain('.arg("A")\n  .arg("B", "1.2.3")');
    expect(code).toContain('a: variable("A")');
    expect(code).toContain('b: variable("A", "none")');
    expect(code).toContain('c: "1.2"');
    expect(code).toContain('d: variable("HOME", "")');
    expect(code).toContain('e: "yes"');
    expect(code).toContain('.workdir(interpolate`/x-${variable("B")}`)');
  });

  test("takes no name for a constant that means something else", () => {
    const code = convert("ARG IMAGE=x\nARG class=y\nFROM $IMAGE AS cache\nFROM $class AS a.b-c\nFROM cache\n");
    expect(code).toContain('const imageImage = argument("IMAGE", "x");');
    expect(code).toContain('const classImage = argument("class", "y");');
    expect(code).toContain("const cacheImage = image()\n  .from(imageImage);");
    expect(code).toContain("export const aBC = image()\n  .from(classImage);");
  });

  test("says what ONBUILD of a stage does where another stands on it", () => {
    const code = convert(
      "FROM x AS a\nENV v=1\n# later\nONBUILD RUN one && \\\n  two\nONBUILD COPY f /\nFROM a\nUSER 1\n",
    );
    expect(code).toContain(`const a = image()
  .from("x")
  .env({ v: "1" });

export default image()
  .from(a)
  // later
  .run("one &&   two")
  .copy("f", "/", likeDocker)
  .user("1");
`);
  });

  test("keeps ONBUILD of a stage that others stand on where it is a target of its own", () => {
    const code = convert("FROM x AS a\nONBUILD USER 1\nENV v=1\nFROM a AS b\nCMD c\nFROM y\n");
    expect(code).toContain('const aBase = image()\n  .from("x")\n  .env({ v: "1" });');
    expect(code).toContain('export const a = aBase\n  .onbuild("USER 1");');
    expect(code).toContain('export const b = image()\n  .from(aBase)\n  .user("1")\n  .cmd("c");');
  });

  test("says several arguments as one, names with variables, and names that stand twice", () => {
    const code = convert(
      "FROM x\nARG A=1 B=${A}2\nARG TARGETOS C=3 D\nENV l$A=1 m=2\nLABEL a=1 a=2\nENV 1=a b=c\nEXPOSE $A 8\n",
    );
    expect(code).toContain('.arg({ A: "1", B: interpolate`${variable("A")}2` })');
    expect(code).toContain('.arg(["TARGETOS", ["C", "3"], "D"])');
    expect(code).toContain('.env([[interpolate`l${variable("A")}`, "1"], ["m", "2"]])');
    expect(code).toContain('.label([["a", "1"], ["a", "2"]])');
    expect(code).toContain('.env([["1", "a"], ["b", "c"]])');
    expect(code).toContain('.expose(variable("A"), 8)');
  });
});
