import { writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { beforeAll, expect, it, onTestFinished } from "vitest";
import { baseNeeds, serveBases } from "../support/base-images.ts";
import { compareImages } from "../support/compare-images.ts";
import { type DockerDaemon, dockerDaemon, dockerNeeds } from "../support/docker-daemon.ts";
import { judgeNeeds } from "../support/image-files.ts";
import { need } from "../support/need.ts";
import { project } from "../support/project.ts";
import { runProgram } from "../support/run-program.ts";
import { runStrake } from "../support/run-strake.ts";
import { strakeBin } from "../support/strake-bin.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

need(
  ...dockerNeeds,
  ...baseNeeds,
  ...judgeNeeds,
  "crun",
)("strake build --builder docker", () => {
  let docker: DockerDaemon;
  let env: Record<string, string>;
  let home: string;
  let isOld: boolean;

  beforeAll(async () => {
    const [daemon, bases] = await Promise.all([dockerDaemon(), serveBases("busybox", "node:24-slim")]);
    docker = daemon;
    const settings = join(temporaryFolder(), "registries.yaml");
    writeFileSync(settings, `docker.io:\n  mirrors: [http://${bases.address}]\n`);
    // There is no docker to be found.
    env = { STRAKE_REGISTRIES: settings, DOCKER_HOST: docker.host };
    home = temporaryFolder();
    isOld = (await docker.docker(["version", "--format", "{{.Server.Version}}"])).startsWith("20.");
  });

  /** Builds with the Docker Engine; every scenario has a store of its own, so that nothing is there already. */
  async function build(cwd: string, ...args: string[]) {
    const file = join(temporaryFolder(), "theirs.tar");
    const options = ["--progress", "plain", "--builder", "docker", "-o", `type=docker,dest=${file}`, ...args];
    return { file, ...(await runStrake(["build", ...options], { cwd, env: { ...env, PATH: "" }, home })) };
  }

  async function buildHere(cwd: string, ...args: string[]) {
    const file = join(temporaryFolder(), "ours.tar");
    const built = await runStrake(["build", "-o", `type=docker,dest=${file}`, ...args], { cwd, env, home });
    expect(built.status, built.stderr).toBe(0);
    return file;
  }

  async function passingImages(): Promise<readonly string[]> {
    const listed = ["image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "--filter", "reference=strake.local/*"];
    return (await docker.docker(listed)).split("\n").filter(Boolean);
  }

  it("names the line of what fails, and the last of what the command said", async () => {
    const text = `import { image } from "strake";
const base = image().from("busybox");
export const failing = base.run("echo last words; exit 7", { network: "host" });
export const missing = base.copy("nowhere", "/a");\n`;
    const cwd = project({ "build.ts": text });
    const failing = await build(cwd, "--allow", "network.host", "failing");
    expect([failing.status, failing.stderr]).toEqual([1, expect.stringMatching(/build\.ts:3:\d+ .* exited with 7\n/)]);
    expect(failing.stderr).toContain("\n    last words\n");
    const missing = await build(cwd, "missing");
    expect([missing.status, missing.stderr]).toEqual([
      1,
      expect.stringMatching(/build\.ts:4:\d+ {2}the source "nowhere" is not there\n/),
    ]);
  });

  it("is too old for limits, which are called what the request calls them", async () => {
    const text = `import { image } from "strake";\nexport const app = image().from("busybox").run("true", { network: "none" });\n`;
    const cwd = project({ "build.ts": text });
    for (const [option, args] of [
      ["--ulimit", ["--ulimit", "nofile=100"]],
      ["--memory and --cpus", ["--memory", "100m"]],
    ] as const) {
      const { status, stderr } = await build(cwd, ...args);
      expect([status, stderr]).toEqual(isOld ? [1, expect.stringContaining(`too old for ${option}`)] : [0, stderr]);
    }
  });

  it("says where an image has to be that only the local store has", async () => {
    const text = (chain: string) => `import { image } from "strake";\nexport const app = image()${chain};\n`;
    const name = `localhost:1/kept-${Date.now()}:1`;
    const kept = project({ "build.ts": text(`.from("busybox").write("/a", "a").tag("${name}")`) });
    const made = await runStrake(["build"], { cwd: kept, env, home });
    expect(made.status, made.stderr).toBe(0);
    const built = await build(project({ "build.ts": text(`.from("${name}").write("/b", "b")`) }));
    expect([built.status, built.stderr]).toEqual(
      isOld
        ? [1, expect.stringMatching(/build\.ts:2:\d+ .* is too old for images of the local store/)]
        : [0, built.stderr],
    );
  });

  it("makes no attestations, and says so", async () => {
    const text = `import { image } from "strake";\nexport const app = image().from("busybox").write("/a", "a");\n`;
    const args = ["--provenance=true", "--builder", "docker", "-o", "type=oci,dest=image.tar"];
    const { status, stderr } = await runStrake(["build", ...args], { cwd: project({ "build.ts": text }), env, home });
    expect([status, stderr]).toEqual(isOld ? [1, expect.stringContaining("makes no attestations")] : [0, stderr]);
  });

  it("says that it has no cache of a type", async () => {
    const cwd = project({
      "build.ts": `import { image } from "strake";\nexport const app = image().from("busybox").write("/a", "a");\n`,
    });
    const refused = await build(cwd, "--cache-to", "type=nothing,ref=x");
    expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining("has no caches of that type")]);
  });

  it("makes the same files and config as the engine, and leaves nothing among the engine's images", async () => {
    const text = `import { image } from "strake";
export const app = image().from("busybox").copy("a.txt", "/a").run("cp /a /b; rm /etc/group", { network: "host" })
  .run("true", { network: "host" }).env({ X: "y" }).user("1:2").workdir("/w").label({ l: "v" }).cmd(["/b"]);\n`;
    const cwd = project({ "build.ts": text, "a.txt": "a\n" });
    const theirs = await build(cwd, "--allow", "network.host");
    expect(theirs.status, theirs.stderr).toBe(0);
    expect(theirs.stderr).toContain("RUN cp /a /b; rm /etc/group");
    expect(await compareImages(await buildHere(cwd, "--allow", "network.host"), theirs.file)).toEqual([]);
    // Others who build at this moment have some there too, and they go with their builds.
    const passing = await passingImages();
    await expect.poll(async () => (await passingImages()).filter((name) => passing.includes(name))).toEqual([]);
    const again = await build(cwd, "--allow", "network.host");
    expect(again.stdout).toBe(theirs.stdout);
  });

  it("saves nothing again that is here already", async () => {
    const text = `import { image } from "strake";
export const app = image().from("busybox").run("echo ${Date.now()} > /b", { network: "none" });\n`;
    const cwd = project({ "build.ts": text });
    const { host, saved } = await watchedEngine(docker.socket);
    const more = { ...env, DOCKER_HOST: host };
    const store = temporaryFolder();
    const build = async () => {
      const args = ["build", "--builder", "docker", "-o", `type=docker,dest=${temporaryFolder()}/o.tar`];
      const { status, stderr } = await runStrake(args, { cwd, env: more, home: store });
      expect(status, stderr).toBe(0);
      return saved();
    };
    expect(await build()).toBe(isOld ? 1 : 0);
    expect(await build()).toBe(isOld ? 1 : 0);
  });

  it("is taken by --builder auto for what it can do", async (context) => {
    const auto = async (definition: string) => {
      const text = `import { image } from "strake";\nexport const app = image().from("busybox")${definition};\n`;
      const container = ["--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin", process.execPath, strakeBin];
      const args = [...container, "build", "--progress", "plain", "--builder", "auto", "--allow", "network.host"];
      const more = { STRAKE_HOME: temporaryFolder(), BUILDKIT_HOST: undefined };
      return runProgram("setpriv", args, { cwd: project({ "build.ts": text }), env: { ...env, ...more } });
    };
    const run = `.run("true", { network: "host" })`;
    const built = await auto(run);
    expect(built.status, built.stderr).toBe(0);
    expect(built.stderr).toContain(`builder: Docker at ${docker.host}`);
    if (!isOld) return context.skip();
    const refused = await auto(`${run}.merge(image().from("scratch").write("/two", "2"))`);
    expect([refused.status, refused.stderr]).toEqual([
      1,
      expect.stringContaining("too old for link: true and merge()"),
    ]);
  });

  it("refuses what the daemon does not know, at the statement", async (context) => {
    if (!isOld) return context.skip();
    const before = `import { archive, diff, image } from "strake";\nconst base = image().from("busybox");\n`;
    const statements = {
      "link: true": `base.copy("a.txt", "/a", { link: true })`,
      "merge()": `base.merge(image().from("scratch").write("/two", "2"))`,
      "diff()": `image().from(diff(base, base.write("/one", "1")))`,
      "chmod in symbols": `base.copy("a.txt", "/a", { chmod: "u=rwX,go=rX" })`,
    };
    for (const [statement, definition] of Object.entries(statements)) {
      const cwd = project({ "build.ts": `${before}export const app = ${definition};\n`, "a.txt": "a\n" });
      const { status, stderr } = await build(cwd);
      expect([status, stderr]).toEqual([1, expect.stringContaining(`is too old for ${statement}: `)]);
      expect(stderr).toMatch(/build\.ts:3:\d+/);
    }
  });
});

/** A way to an engine that counts the images that it is told to save. */
async function watchedEngine(socket: string) {
  let saved = 0;
  const server = createServer((near) => {
    const far = connect(socket);
    let text = "";
    near.on("data", (chunk) => {
      text += chunk.toString("latin1");
      const asked = [...text.matchAll(/GET \/images\/\S+\/get HTTP/g)];
      saved += asked.length;
      // What is left may be the beginning of one.
      const last = asked.at(-1);
      text = text.slice(last === undefined ? 0 : last.index + last[0].length).slice(-1000);
    });
    near.pipe(far).pipe(near);
    near.on("error", () => far.destroy());
    far.on("error", () => near.destroy());
  });
  const path = join(temporaryFolder(), "engine.sock");
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => void server.close());
  return { host: `unix://${path}`, saved: () => saved };
}
