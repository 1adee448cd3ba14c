import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folderState } from "../support/folder-state.ts";
import { project, siteProject } from "../support/project.ts";
import { runStrake } from "../support/run-strake.ts";

const shop = `import { image, secret, variable, interpolate } from "strake";
const tool = image().from("busybox").run("make", { mounts: [secret("npm-token")] });
export const base = image().from("busybox").env({ A: "1" });
export const web = image().from(base).arg("V", "1").env({ V: interpolate\`v\${variable("V")}\` })
  .copy("/out", "/out", { from: tool }).tag("shop/web:1");
export default { "job.nightly": image().from(base).cmd(["job"]).platforms("linux/amd64", "linux/arm64") };
`;

function read(folder: string, ...names: string[]): string {
  return readFileSync(join(folder, ...names), "utf8");
}

describe("print --to bake", () => {
  it("writes a bake file with a Dockerfile for each image, which stand on one another", async () => {
    const cwd = project({ "build.ts": shop, "build.ts.dockerignore": "secret.txt\n" });
    const { status, stdout, stderr } = await runStrake(["print", "--to", "bake", "-o", "deploy/out"], { cwd });
    expect([status, stdout, stderr]).toEqual([0, "", ""]);
    const folder = join(cwd, "deploy/out");
    expect(readdirSync(folder).sort()).toEqual([
      "base.Dockerfile",
      "base.Dockerfile.dockerignore",
      "docker-bake.json",
      "job-nightly.Dockerfile",
      "job-nightly.Dockerfile.dockerignore",
      "web.Dockerfile",
      "web.Dockerfile.dockerignore",
    ]);
    expect(JSON.parse(read(folder, "docker-bake.json"))).toEqual({
      group: { default: { targets: ["base", "job-nightly", "web"] } },
      target: {
        base: { context: ".", dockerfile: "deploy/out/base.Dockerfile", tags: ["base"] },
        "job-nightly": {
          context: ".",
          dockerfile: "deploy/out/job-nightly.Dockerfile",
          tags: ["job.nightly"],
          platforms: ["linux/amd64", "linux/arm64"],
        },
        web: {
          context: ".",
          dockerfile: "deploy/out/web.Dockerfile",
          contexts: { base: "target:base" },
          tags: ["shop/web:1"],
          secret: ["id=npm-token,env=NPM_TOKEN"],
        },
      },
    });
    expect(read(folder, "web.Dockerfile")).toBe(`# syntax=docker/dockerfile:1.4
FROM busybox AS stage-1
RUN --mount=type=secret,id=npm-token \\
    make

FROM base
ARG V=1
ENV V=v\${V}
COPY --from=stage-1 /out /out
`);
    // It is built for other platforms than its base.
    expect(read(folder, "job-nightly.Dockerfile")).toMatch(/^FROM busybox AS base\n/);
    expect(read(folder, "web.Dockerfile.dockerignore")).toBe("secret.txt\n");
  });

  it("inlines Dockerfiles on standard output, and contains a base that is not asked for", async () => {
    const cwd = project({ "build.ts": shop });
    const args = ["print", "web", "--to", "bake", "--platform", "linux/arm64", "--build-arg", "V=2"];
    const { target } = JSON.parse((await runStrake(args, { cwd })).stdout);
    expect(Object.keys(target)).toEqual(["web"]);
    expect(target.web).toMatchObject({ args: { V: "2" }, platforms: ["linux/arm64"] });
    expect(target.web["dockerfile-inline"]).toContain("FROM busybox AS base\n");
    expect(target.web["dockerfile-inline"]).toContain("ENV V=v$${V}\n");
  });

  it("says a Dockerfile too", async () => {
    const cwd = project({ Dockerfile: "FROM busybox AS one\nRUN make\nFROM one\nCMD x\n" });
    const { stdout, stderr, status } = await runStrake(["print", "--to", "bake", "."], { cwd });
    expect(status, stderr).toBe(0);
    const [target] = Object.values(JSON.parse(stdout).target) as Record<string, string>[];
    expect(target?.["dockerfile-inline"]).toMatch(/^FROM busybox AS one\nRUN make\n\nFROM one\nCMD /);
  });
});

describe("print --to compose", () => {
  it("brings a file up to date that is there, twice to the same", async () => {
    const compose = `# The shop.
services:
    db:
        image: "postgres:17"   # pinned
    web:
        ports: ["80:80"]
        image: shop/web:0  # by CI
`;
    const cwd = project({ "build.ts": shop, "deploy/compose.yaml": compose });
    const args = ["print", "web", "--to", "compose", "-o", "deploy/compose.yaml"];
    expect(await runStrake(args, { cwd })).toMatchObject({ status: 0, stdout: "", stderr: "" });
    const text = read(cwd, "deploy/compose.yaml");
    expect(text).toBe(`${compose.replace("web:0", "web:1")}        build:
          context: ..
          dockerfile_inline: |
            FROM busybox AS base
            ENV A=1

            FROM busybox AS stage-1
            RUN --mount=type=secret,id=npm-token \\
                make

            FROM base
            ARG V=1
            ENV V=v$$\{V}
            COPY --from=stage-1 /out /out
          secrets:
            - npm-token
secrets:
  npm-token:
    environment: NPM_TOKEN
`);
    await runStrake(args, { cwd });
    expect(read(cwd, "deploy/compose.yaml")).toBe(text);
  });

  it("prints all services to standard output", async () => {
    const { stdout, status } = await runStrake(["print", "--to", "compose"], { cwd: siteProject() });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^services:\n {2}web:\n {4}image: web\n {4}build:\n {6}context: \.\n/);
  });
});

describe("what cannot be printed", () => {
  it.each(["bake", "compose"])("is an error at its line, and nothing is written for %s", async (form) => {
    const cwd = project({
      "build.ts": `import { image } from "strake";\n\nexport const web = image().from("scratch").write("/x", "no end");\n`,
    });
    const before = folderState(cwd);
    const { status, stderr } = await runStrake(["print", "--to", form, "-o", "out"], { cwd });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^build\.ts:3:\d+ {2}a Dockerfile cannot say a file that does not end in a line break\n/);
    expect(folderState(cwd)).toEqual(before);
  });

  it("is two images of one name", async () => {
    const build = `import { image } from "strake";\nconst a = image().from("scratch");\nexport default { "a.b": a, "a-b": a };\n`;
    const { status, stderr } = await runStrake(["print", "--to", "bake"], { cwd: project({ "build.ts": build }) });
    expect(status).toBe(1);
    expect(stderr).toContain('"a-b" and "a.b" would both be a bake target called "a-b"');
  });

  it.each([
    ["services:\n  - web\n", "compose.yaml:2:3  services is not a map"],
    ["services:\n  web: {\n", "compose.yaml:3:1  this is not YAML"],
  ])("is a compose file that says %j, which is left as it is", async (text, message) => {
    const cwd = project({ "compose.yaml": text }, siteProject());
    const { status, stderr } = await runStrake(["print", "--to", "compose", "-o", "compose.yaml"], { cwd });
    expect([status, stderr.slice(0, message.length)]).toEqual([1, message]);
    expect(read(cwd, "compose.yaml")).toBe(text);
  });

  it.each([
    ["bake", "build.ts", "build.ts is a file"],
    ["compose", "site", "site is a folder"],
  ])("is %s to %s, which is of the wrong kind", async (form, output, message) => {
    const cwd = siteProject();
    const { status, stderr } = await runStrake(["print", "--to", form, "-o", output], { cwd });
    expect(status).toBe(2);
    expect(stderr).toContain(message);
  });

  it("is an ignore file of the build file's own where the Dockerfile has no place of its own", async () => {
    const cwd = project({ "build.ts.dockerignore": "x\n" }, siteProject());
    for (const form of ["bake", "compose"]) {
      const { status, stderr } = await runStrake(["print", "--to", form], { cwd });
      expect(status).toBe(2);
      expect(stderr).toContain("no place for what build.ts.dockerignore says");
    }
  });
});
