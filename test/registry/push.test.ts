import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { serveBases } from "../support/base-images.ts";
import { need } from "../support/need.ts";
import { imports, project } from "../support/project.ts";
import { answeredRequests, type Registry, registry } from "../support/registry.ts";
import { runOrThrow } from "../support/run-program.ts";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

need("docker-registry", "skopeo")("a registry", () => {
  let server: Registry;
  let home: string;

  beforeAll(async () => {
    server = await registry("pushed");
    home = temporaryFolder();
  });

  const inspect = async (name: string) => {
    const stdout = await runOrThrow("skopeo", ["inspect", "--tls-verify=false", `docker://${server.address}/${name}`]);
    return JSON.parse(stdout) as { Digest: string; Layers: string[]; Env: string[] };
  };
  const requests = () => answeredRequests(server);

  it("gets an image that is built, and the next time only a question", async () => {
    const cwd = project({
      "build.ts": `${imports}export const app = image().from("scratch").copy("a.txt", "/a").env({ X: "y" });\n`,
      "a.txt": "one\n",
    });
    const name = `${server.address}/team/app:1`;
    const built = await runStrake(["build", "--push", "-t", name, "--progress", "plain"], { cwd, home });
    expect(built.status, built.stderr).toBe(0);
    const { Digest, Env } = await inspect("team/app:1");
    expect(Env).toContain("X=y");
    expect(built.stderr).toContain(Digest);

    const before = (await requests()).length;
    const again = await runStrake(["build", "--push", "-t", name, "--progress", "plain"], { cwd, home });
    expect(again.stderr).toContain(`${Digest} (unchanged)`);
    const asked = (await requests()).slice(before);
    expect(asked.map((line) => /"(\w+ \S+)/.exec(line)?.[1]?.replace(/\S*\/v2/, "/v2"))).toEqual([
      "HEAD /v2/team/app/manifests/1",
    ]);

    writeFileSync(join(cwd, "a.txt"), "two\n");
    const changed = await runStrake(["build", "--push", "-t", name], { cwd, home });
    expect(changed.status, changed.stderr).toBe(0);
    expect((await inspect("team/app:1")).Digest).not.toBe(Digest);
  });

  it("gets a small layer that changed with three requests besides those for the layer, and heals itself", async () => {
    const layers = Array.from({ length: 10 }, (_, at) => `.copy("f${at}", "/f${at}")`).join("");
    const cwd = project({
      "build.ts": `${imports}export const app = image().from("scratch")${layers}.copy("a.txt", "/a");\n`,
      "a.txt": "small one\n",
      ...Object.fromEntries(Array.from({ length: 10 }, (_, at) => [`f${at}`, randomBytes(100_000).toString("hex")])),
    });
    const name = `${server.address}/team/small:1`;
    const build = async () => {
      const before = (await requests()).length;
      const built = await runStrake(["build", "--push", "-t", name, "--progress", "plain"], { cwd, home });
      expect(built.status, built.stderr).toBe(0);
      const asked = (await requests()).slice(before);
      return asked.map((line) => /"(\w+) \S*\/v2\/team\/small\/(manifests|blobs)/.exec(line)?.slice(1).join(" "));
    };
    await build();
    writeFileSync(join(cwd, "a.txt"), "small two\n");
    const changed = ["POST blobs", "POST blobs", "PUT blobs", "PUT blobs", "PUT manifests"];
    expect((await build()).sort()).toEqual(changed);
    expect((await inspect("team/small:1")).Layers).toHaveLength(11);

    // Its operator removes everything: what is remembered of it is wrong now.
    rmSync(join(dirname(server.log), "storage/docker/registry/v2"), { recursive: true });
    writeFileSync(join(cwd, "a.txt"), "small three\n");
    const healed = await build();
    expect(healed.filter((each) => each === "PUT manifests")).toHaveLength(2);
    await runOrThrow("skopeo", [
      "copy",
      "--src-tls-verify=false",
      `docker://${name}`,
      `dir:${temporaryFolder()}/whole`,
    ]);
    const records = readdirSync(join(home, "pushed"), { recursive: true, withFileTypes: true });
    expect(records.filter((each) => each.isFile()).length).toBeGreaterThan(0);
  });

  it("gets what the store has, gives it back, and others read it", async () => {
    const cwd = project({
      "build.ts": `${imports}export const app = image().from("scratch").copy("a", "/a").copy("b", "/b");\n`,
      a: "a".repeat(100_000),
      b: "b\n",
    });
    const name = `${server.address}/kept:v1`;
    await runStrake(["build", "-t", name], { cwd, home });
    const pushed = await runStrake(["push", name], { cwd, home });
    expect(pushed.stdout).toMatch(new RegExp(`^${name} sha256:`));
    await runOrThrow("skopeo", [
      "copy",
      "--quiet",
      "--src-tls-verify=false",
      `docker://${name}`,
      `oci:${temporaryFolder()}/out:v1`,
    ]);

    const other = temporaryFolder();
    const pulled = await runStrake(["pull", name], { cwd, home: other });
    expect(pulled.status, pulled.stderr).toBe(0);
    const [here, there] = await Promise.all([
      runStrake(["images", "--no-trunc", "-q", name], { cwd, home }),
      runStrake(["images", "--no-trunc", "-q", name], { cwd, home: other }),
    ]);
    expect(there.stdout).toBe(here.stdout);
    expect((await runStrake(["push", name], { cwd, home: other })).stdout).toContain("(unchanged)");
  });

  it("takes the layers of a base over from where it has them", async () => {
    const bases = await serveBases("busybox");
    const base = `${server.address}/base/busybox:latest`;
    await runOrThrow("skopeo", [
      "copy",
      "--quiet",
      "--src-tls-verify=false",
      "--dest-tls-verify=false",
      `docker://${bases.address}/library/busybox:latest`,
      `docker://${base}`,
    ]);
    const cwd = project({
      "build.ts": `${imports}export const app = image().from("${base}").copy("a", "/a", { link: true });\n`,
      a: "a\n",
    });
    const before = (await requests()).length;
    const fresh = temporaryFolder();
    const built = await runStrake(["build", "--push", "-t", `${server.address}/mounted:1`], { cwd, home: fresh });
    expect(built.status, built.stderr).toBe(0);
    const asked = (await requests()).slice(before).join("\n");
    expect(asked).toMatch(/POST \/v2\/mounted\/blobs\/uploads\/\?mount=sha256/);
    const { Layers: below } = await inspect("base/busybox:latest");
    for (const Digest of below) expect(asked).not.toContain(`GET /v2/base/busybox/blobs/${Digest}`);
    const layers = (await inspect("mounted:1")).Layers;
    expect(layers.slice(0, -1)).toEqual(below);
  });

  it("gets several platforms as one index", async () => {
    const cwd = project({
      "build.ts": `${imports}export const app = image().from("scratch").copy("a", "/a");\n`,
      a: "a\n",
    });
    const name = `${server.address}/many:1`;
    const built = await runStrake(["build", "--push", "-t", name, "--platform", "linux/amd64,linux/arm64"], {
      cwd,
      home,
    });
    expect(built.status, built.stderr).toBe(0);
    const stdout = await runOrThrow("skopeo", ["inspect", "--raw", "--tls-verify=false", `docker://${name}`]);
    const index = JSON.parse(stdout) as { manifests: { platform: { architecture: string } }[] };
    expect(index.manifests.map(({ platform }) => platform.architecture)).toEqual(["amd64", "arm64"]);
  });

  it("gets Docker's media types where they are asked for", async () => {
    const cwd = project({
      "build.ts": `${imports}export const app = image().from("scratch").copy("a", "/a");\n`,
      a: "a\n",
    });
    const name = `${server.address}/typed`;
    const build = (output: string, ...args: string[]) => runStrake(["build", "-o", output, ...args], { cwd, home });
    const raw = async (at: string) =>
      JSON.parse(await runOrThrow("skopeo", ["inspect", "--raw", "--tls-verify=false", `docker://${name}${at}`]));
    const docker = "application/vnd.docker";
    const one = await build(`type=registry,oci-mediatypes=false,name=${name}:1`);
    expect(one.status, one.stderr).toBe(0);
    expect(await raw(":1")).toMatchObject({
      mediaType: `${docker}.distribution.manifest.v2+json`,
      config: { mediaType: `${docker}.container.image.v1+json` },
      layers: [{ mediaType: `${docker}.image.rootfs.diff.tar.gzip` }],
    });
    const many = await build(
      `type=registry,oci-mediatypes=false,name=${name}:2`,
      "--platform",
      "linux/amd64,linux/arm64",
    );
    expect(many.status, many.stderr).toBe(0);
    const index = await raw(":2");
    expect(index.mediaType).toBe(`${docker}.distribution.manifest.list.v2+json`);
    expect(index.manifests[0].mediaType).toBe(`${docker}.distribution.manifest.v2+json`);
    const output = [
      "-o",
      `type=oci,tar=false,dest=typed,oci-mediatypes=false`,
      "--platform",
      "linux/amd64,linux/arm64",
    ];
    expect((await runStrake(["build", ...output], { cwd, home })).status).toBe(0);
    const layout = JSON.parse(readFileSync(join(cwd, "typed/index.json"), "utf8"));
    expect(layout.manifests[0].mediaType).toBe(index.mediaType);
  });

  it("gets what an output names, in buildx's words", async () => {
    const cwd = project({
      "build.ts": `${imports}export const app = image().from("scratch").copy("a", "/a");\n`,
      a: "a\n",
    });
    const name = (tag: string) => `${server.address}/output:${tag}`;
    const build = (...args: string[]) => runStrake(["build", ...args], { cwd, home });
    const pushed = await build("-o", `type=registry,"name=${name("1")},${name("2")}"`);
    expect(pushed.status, pushed.stderr).toBe(0);
    const { Digest } = await inspect("output:1");
    expect((await inspect("output:2")).Digest).toBe(Digest);
    const image = await build("-o", `type=image,name=${name("3")},push=true`, "--platform", "linux/amd64,linux/arm64");
    expect(image.status, image.stderr).toBe(0);
    expect(await inspect("output:3")).toHaveProperty("Digest");
    const packed = await build("--push", "-t", name("4"), "-o", "type=image,compression=uncompressed");
    expect(packed.status, packed.stderr).toBe(0);
    const stdout = await runOrThrow("skopeo", ["inspect", "--raw", "--tls-verify=false", `docker://${name("4")}`]);
    expect(stdout).toMatch(/layer\.v1\.tar"/);
    const kept = await build("-t", "kept-here:1", "-o", "type=image");
    expect(kept.status, kept.stderr).toBe(0);
    expect((await runStrake(["images", "-q", "kept-here:1"], { cwd, home })).stdout).not.toBe("");
    expect((await build("-o", "type=image,name=Wrong Name")).status).toBe(2);
    expect((await build("-o", "type=image,compression=gzip")).stderr).toContain("Compression is for what is pushed");
  });

  it("gets the command that a step ran as a layer like any other", async () => {
    const bases = await serveBases("busybox");
    const cwd = project({
      "build.ts": `${imports}export const app = image().from("${bases.address}/library/busybox").run("echo made > /made");\n`,
    });
    const name = `${server.address}/run:1`;
    const built = await runStrake(["build", "--push", "-t", name], { cwd, home });
    expect(built.status, built.stderr).toBe(0);
    expect((await inspect("run:1")).Layers.length).toBeGreaterThan(1);
  });

  describe("that is not there", () => {
    it("is an error that says where it was looked for", async () => {
      const cwd = project({
        "build.ts": `${imports}export const app = image().from("scratch").copy("a", "/a");\n`,
        a: "a\n",
      });
      const built = await runStrake(["build", "--push", "-t", "127.0.0.1:1/app:1"], { cwd, home });
      expect(built.status).toBe(1);
      expect(built.stderr).toContain("127.0.0.1:1");
    });
  });
});
