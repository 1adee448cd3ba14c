import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { baseNeeds, serveBases } from "../support/base-images.ts";
import { buildkitDaemon, buildkitNeeds } from "../support/buildkit-daemon.ts";
import { compareImages } from "../support/compare-images.ts";
import { type DockerDaemon, dockerDaemon, dockerNeeds } from "../support/docker-daemon.ts";
import { folderState } from "../support/folder-state.ts";
import { judgeNeeds } from "../support/image-files.ts";
import { need } from "../support/need.ts";
import { project } from "../support/project.ts";
import { registry } from "../support/registry.ts";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

need(
  ...dockerNeeds,
  ...buildkitNeeds,
  ...baseNeeds,
  ...judgeNeeds,
  "crun",
)("images of a Docker Engine's store", () => {
  let docker: DockerDaemon;
  let env: Record<string, string | undefined>;
  const unique = Date.now();

  beforeAll(async () => {
    const [daemon, bases] = await Promise.all([dockerDaemon(), serveBases("busybox")]);
    docker = daemon;
    const settings = join(temporaryFolder(), "registries.yaml");
    writeFileSync(settings, `docker.io:\n  mirrors: [http://${bases.address}]\n`);
    env = {
      STRAKE_REGISTRIES: settings,
      DOCKER_HOST: docker.host,
      DOCKER_CONTEXT: undefined,
      BUILDKIT_HOST: undefined,
    };
  });

  /** Gives the engine an image that it has made itself, two layers over busybox; returns its id. */
  async function made(name: string, text: string): Promise<string> {
    const lines = [
      "FROM busybox",
      `COPY made /etc/made`,
      "COPY --chown=7:8 made /etc/owned",
      "ENV MADE=here",
      "WORKDIR /w",
      `CMD ["cat", "/etc/made"]`,
    ];
    const folder = project({ Dockerfile: lines.join("\n"), made: text });
    await docker.docker(["build", "-q", "-t", name, folder]);
    return (await docker.docker(["image", "inspect", "--format", "{{.Id}}", name])).trim();
  }

  async function strake(cwd: string, args: readonly string[], home: string, more: typeof env = {}) {
    return runStrake(args, { cwd, env: { ...env, ...more }, home });
  }

  async function built(cwd: string, args: readonly string[], home: string, more: typeof env = {}): Promise<string> {
    const file = join(temporaryFolder(), "built.tar");
    const options = ["--progress", "plain", "-o", `type=docker,dest=${file}`];
    const { status, stderr } = await strake(cwd, ["build", ...args, ...options], home, more);
    expect(status, stderr).toBe(0);
    return file;
  }

  const definition = (name: string) =>
    `import { image } from "strake";\nconst base = image().from("docker-daemon://${name}");
export const app = base.run("cat /etc/made > /seen; ls -n /etc/owned > /owned").copy("/etc/owned", "/again", { from: base });\n`;

  it("are pushed to where their names say", async () => {
    const { address } = await registry();
    const name = `${address}/from-engine/app:${unique}`;
    const id = await made(name, "pushed\n");
    const home = temporaryFolder();
    const cwd = temporaryFolder();
    const pushed = await strake(cwd, ["push", "--progress", "plain", `docker-daemon://${name}`], home);
    expect(pushed.status, pushed.stderr).toBe(0);
    const [, digest] = pushed.stdout.trim().split(" ");
    const found = await fetch(`http://${address}/v2/from-engine/app/manifests/${unique}`, {
      headers: { accept: "application/vnd.oci.image.manifest.v1+json" },
    });
    expect(found.headers.get("docker-content-digest")).toBe(digest);
    expect(await found.json()).toMatchObject({ config: { digest: id } });
    const notHere = await strake(cwd, ["push", name], home);
    expect([notHere.status, notHere.stderr]).toEqual([1, expect.stringContaining(`docker-daemon://${name}`)]);
    const missing = await strake(cwd, ["push", `docker-daemon://${name}-no`], home);
    expect([missing.status, missing.stderr]).toEqual([1, expect.stringContaining(`has no image ${name}-no`)]);
  });

  it("are bases for every builder, pinned to their ids, and taken out of the engine once", async () => {
    const name = `engine-base-${unique}:1`;
    const id = await made(name, "one\n");
    const cwd = project({ "build.ts": definition(name) });
    const home = temporaryFolder();
    const first = await built(cwd, [], home);
    expect(readFileSync(join(cwd, "strake.lock"), "utf8")).toContain(
      `docker-daemon://docker.io/library/${name} linux/amd64: ${id}\n`,
    );
    const { address } = await buildkitDaemon();
    const onBuildkit = await built(cwd, ["--builder", address], temporaryFolder());
    expect(await compareImages(first, onBuildkit)).toEqual([]);

    // The name moves on, and the engine goes: the image that is pinned is here.
    await made(name, "two\n");
    const gone = { DOCKER_HOST: "unix:///nowhere/docker.sock" };
    expect(await compareImages(first, await built(cwd, ["--no-cache"], home, gone))).toEqual([]);
    const elsewhere = await strake(cwd, ["build"], temporaryFolder(), gone);
    expect([elsewhere.status, elsewhere.stderr]).toEqual([1, expect.stringContaining("unix:///nowhere/docker.sock")]);
    expect(elsewhere.stderr).toContain("build.ts:2:");

    const updated = await strake(cwd, ["update"], home);
    expect(updated.status, updated.stderr).toBe(0);
    expect(await compareImages(first, await built(cwd, [], home), { ignore: ["history"] })).toEqual([
      expect.stringContaining("/again: sha256"),
      expect.stringContaining("/etc/made: sha256"),
      expect.stringContaining("/etc/owned: sha256"),
      expect.stringContaining("/seen: sha256"),
    ]);
  });

  it("are planned with without a trace, and printed as Docker knows them", async () => {
    const name = `engine-plan-${unique}:1`;
    await made(name, "one\n");
    const cwd = project({ "build.ts": definition(name) });
    const home = temporaryFolder();
    const before = folderState(home);
    const planned = await strake(cwd, ["plan"], home);
    expect(planned.status, planned.stderr).toBe(0);
    expect(planned.stdout).toContain("RUN cat /etc/made");
    expect(folderState(home)).toEqual(before);
    const printed = await strake(cwd, ["print", "--to", "dockerfile"], home);
    expect(printed.stdout).toMatch(new RegExp(`^FROM ${name}`, "m"));
    const llb = await strake(cwd, ["print", "--to", "llb"], home);
    expect([llb.status, llb.stderr]).toEqual([1, expect.stringContaining("LLB cannot say docker-daemon://")]);
  });

  it("take the place of a Dockerfile's base", async () => {
    const name = `engine-context-${unique}:1`;
    await made(name, "three\n");
    const cwd = project({ Dockerfile: "FROM base\nRUN cat /etc/made > /seen\nCOPY --from=base /etc/made /copied\n" });
    const file = await built(cwd, [".", "--build-context", `base=docker-daemon://${name}`], temporaryFolder());
    const theirs = `${temporaryFolder()}/theirs.tar`;
    await docker.docker(["build", "-q", "--network", "none", "-t", `${name}-theirs`, "-f", "-", cwd], {
      input: `FROM ${name}\nRUN cat /etc/made > /seen\nCOPY --from=${name} /etc/made /copied\n`,
      env: { DOCKER_BUILDKIT: "1" },
    });
    await docker.docker(["save", "-o", theirs, `${name}-theirs`]);
    expect(await compareImages(file, theirs, { ignore: ["history"] })).toEqual([]);
  });

  it("that are not there are told of at the statement", async () => {
    const cwd = project({ "build.ts": definition("nobody-has-this:1") });
    const { status, stderr } = await strake(cwd, ["build"], temporaryFolder());
    expect(status).toBe(1);
    expect(stderr).toContain("has no image nobody-has-this:1");
    expect(stderr).toContain("build.ts:2:");
  });

  it("are copied to a registry, and back", async () => {
    const name = `engine-copy-${unique}:1`;
    const id = await made(name, "four\n");
    const { address } = await registry();
    const cwd = temporaryFolder();
    const pushed = await strake(cwd, ["copy", `docker-daemon:${name}`, `${address}/${name}`], temporaryFolder());
    expect(pushed.status, pushed.stderr).toBe(0);
    const file = `${temporaryFolder()}/saved.tar`;
    await docker.docker(["save", "-o", file, name]);
    expect(await compareImages(file, `docker://${address}/${name}`)).toEqual([]);
    await docker.docker(["rmi", name]);
    const back = await strake(cwd, ["copy", `${address}/${name}`, `docker-daemon:${name}`], temporaryFolder());
    expect(back.status, back.stderr).toBe(0);
    expect((await docker.docker(["image", "inspect", "--format", "{{.Id}}", name])).trim()).toBe(id);
  });

  it("of the local store are bases on a builder that has no registry for them", async () => {
    const home = temporaryFolder();
    const name = `only-here-${unique}:1`;
    const lower = project({
      "build.ts": `import { image } from "strake";\nexport const app = image().from("busybox").write("/made", "m");\n`,
    });
    const kept = await strake(lower, ["build", "-t", name], home);
    expect(kept.status, kept.stderr).toBe(0);
    const cwd = project({
      "build.ts": `import { image } from "strake";\nexport const app = image().from("${name}").run("cat /made > /seen");\n`,
    });
    const { address } = await buildkitDaemon();
    const there = await built(cwd, ["--builder", address], home);
    expect(await compareImages(await built(cwd, [], home), there)).toEqual([]);
  });
});
