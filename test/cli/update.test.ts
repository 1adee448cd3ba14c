import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ContainerConfig, type Image, imageFrom, layerFromEntries, type Platform } from "@strake/oci";
import { type RegistryServer, sampleIndex, startRegistryServer } from "@strake/registry/server";
import { afterEach, beforeEach, expect, it } from "vitest";
import { project } from "../support/project.ts";
import { runStrake } from "../support/run-strake.ts";

const amd64 = { os: "linux", architecture: "amd64" };
const arm64 = { os: "linux", architecture: "arm64" };

/** An image with a layer for each list of files. */
function imageOf(layers: Record<string, string>[], config: ContainerConfig = {}, platform: Platform = amd64): Image {
  return imageFrom({
    config: { ...platform, created: "2025-01-01T00:00:00Z", config, history: [] },
    layers: layers.map((files) => {
      const entries = Object.entries(files).map(([path, text]) => {
        const bytes = Buffer.from(text);
        const content = { from: "bytes", bytes } as const;
        return { path, type: "file", mode: 0o644, uid: 0, gid: 0, size: bytes.length, mtime: 0, content } as const;
      });
      return layerFromEntries(entries, { compression: "gzip" });
    }),
  });
}

const dpkg = (packages: Record<string, string>) =>
  Object.entries(packages)
    .map(([name, version]) => `Package: ${name}\nStatus: install ok installed\nVersion: ${version}\n`)
    .join("\n");

let server: RegistryServer;
let base: string;
beforeEach(async () => {
  server = await startRegistryServer();
  base = `${server.address}/team/base`;
});
afterEach(() => server.close());

const buildFile = (...names: string[]) =>
  `import { image } from "strake";\n${names
    .map((name, at) => `export const app${at} = image().from("${name}").env({ A: "b" }).platforms("linux/amd64");\n`)
    .join("")}`;

const lockOf = (cwd: string) => readFileSync(join(cwd, "strake.lock"), "utf8").split("\n").slice(1, -1);

it("moves pins to what names stand for now, and shows what is different", async () => {
  const old = { "var/lib/dpkg/status": dpkg({ bash: "5.1", gone: "1", same: "1" }) };
  const now = { "var/lib/dpkg/status": dpkg({ bash: "5.2", fresh: "2", same: "1" }) };
  const below = { "etc/below": "below\n" };
  const before = await server.put(
    "team/base",
    "1",
    imageOf([below, old], {
      Env: ["PATH=/bin", "V=1"],
      Cmd: ["sh"],
      Labels: { "org.opencontainers.image.version": "1" },
    }),
  );
  const cwd = project({ "build.ts": buildFile(`${base}:1`) });
  const first = await runStrake(["update"], { cwd });
  expect(first, first.stderr).toMatchObject({
    status: 0,
    stdout: `${base}:1 linux/amd64\n  added: ${before}\nstrake.lock: 1 added\n`,
  });
  expect(lockOf(cwd)).toEqual([`${base}:1 linux/amd64: ${before}`]);

  const after = await server.put(
    "team/base",
    "1",
    imageOf([below, now], {
      Env: ["PATH=/bin", "V=2", "N=new"],
      Entrypoint: ["/e"],
      User: "me",
      Labels: { "org.opencontainers.image.version": "2" },
    }),
  );
  const lock = lockOf(cwd);
  const dry = await runStrake(["update", "--dry-run", "--packages"], { cwd });
  expect(dry.status, dry.stderr).toBe(0);
  expect(dry.stdout).toContain("strake.lock: 1 moved (not written: --dry-run)\n");
  expect(lockOf(cwd)).toEqual(lock);

  const plain = await runStrake(["update", "--dry-run"], { cwd });
  expect(plain.stdout).not.toContain("packages");
  const asked = server.requests.length;
  const { stdout, stderr } = await runStrake(["update", "--packages", `${base}`], { cwd });
  expect(stdout.replace(/size .*?; /, "").replace(/ \(\d+B\)/, ""), stderr).toBe(`${base}:1 linux/amd64
  ${before} → ${after}
  layers: 1 kept, 1 added, 1 removed
  ~ ENV V 1 → 2
  + ENV N new
  + ENTRYPOINT ["/e"]
  - CMD ["sh"]
  + USER me
  ~ LABEL org.opencontainers.image.version 1 → 2
  packages: 1 added, 1 removed, 1 changed
    ~ bash 5.1 → 5.2
    + fresh 2
    - gone 1
strake.lock: 1 moved
`);
  // The lists are in the uppermost layers, so the one below is nobody's business.
  expect(server.requests.slice(asked).filter(({ on, method }) => on === "blob" && method === "GET")).toHaveLength(4);
  expect(lockOf(cwd)).toEqual([`${base}:1 linux/amd64: ${after}`]);
  const again = await runStrake(["update"], { cwd });
  expect(again.stdout).toBe(`${base}:1 linux/amd64\n  unchanged: ${after}\nstrake.lock is up to date\n`);
  expect((await runStrake(["build"], { cwd, env: { CI: "true" } })).status).toBe(0);
});

it("keeps the platforms of others, removes what nobody uses, and moves only what is named", async () => {
  const [intel, arm] = [imageOf([{ a: "1" }]), imageOf([{ a: "1" }], {}, arm64)];
  const put = async (tag: string, images: readonly [Image, Image]) => {
    for (const image of images) await server.put("team/base", undefined, image);
    const index = await sampleIndex([
      [images[0], amd64],
      [images[1], arm64],
    ]);
    server.putManifest("team/base", tag, index, "application/vnd.oci.image.index.v1+json");
  };
  for (const tag of ["1", "2"]) await put(tag, [intel, arm]);
  const cwd = project({ "build.ts": buildFile(`${base}:1`, `${base}:2`) });
  await runStrake(["update", "--platform", "linux/arm64"], { cwd });
  const pinned = lockOf(cwd);
  expect(pinned.map((line) => line.replace(/: sha256:.*/, ""))).toEqual([
    `${base}:1 linux/amd64`,
    `${base}:1 linux/arm64`,
    `${base}:2 linux/amd64`,
    `${base}:2 linux/arm64`,
  ]);

  for (const tag of ["1", "2"]) await put(tag, [imageOf([{ a: "2" }]), imageOf([{ a: "2" }], {}, arm64)]);
  const one = await runStrake(["update", `${base}:2`], { cwd });
  expect(one.stdout).toContain("strake.lock: 2 moved\n");
  expect(lockOf(cwd).slice(0, 2)).toEqual(pinned.slice(0, 2));
  expect(lockOf(cwd)[3]).not.toBe(pinned[3]);

  writeFileSync(join(cwd, "build.ts"), buildFile(`${base}:2`));
  const removed = await runStrake(["update"], { cwd });
  expect(removed.stdout).toContain(`${base}:1 linux/arm64\n  removed: no image stands on it any more\n`);
  expect(removed.stdout).toContain("strake.lock: 2 removed\n");
  expect(lockOf(cwd)).toHaveLength(2);

  const wrong = await runStrake(["update", `${base}:3`], { cwd });
  expect(wrong.status).toBe(2);
  expect(wrong.stderr).toContain(`no image stands on ${base}:3`);
});

it("tells what to do about a platform that an image is not there for any more", async () => {
  await server.put("team/base", "1", imageOf([{ a: "1" }]));
  const cwd = project({ "build.ts": buildFile(`${base}:1`) });
  writeFileSync(join(cwd, "strake.lock"), `${base}:1 linux/arm64: sha256:${"1".repeat(64)}\n`);
  const { status, stderr } = await runStrake(["update"], { cwd });
  expect(status).toBe(1);
  expect(stderr).toContain("build.ts:2:");
  expect(stderr).toContain("remove its line from strake.lock");
});

it("moves a pin although the image that it was is gone", async () => {
  const cwd = project({ "build.ts": buildFile(`${base}:1`) });
  const lost = `sha256:${"1".repeat(64)}`;
  writeFileSync(join(cwd, "strake.lock"), `${base}:1 linux/amd64: ${lost}\n`);
  const after = await server.put("team/base", "1", imageOf([{ a: "1" }]));
  const { status, stdout, stderr } = await runStrake(["update"], { cwd });
  expect(status, stderr).toBe(0);
  expect(stdout).toContain(`${lost} → ${after}\n  the image that it was is not in the registry any more\n`);
});

it("updates what a Dockerfile stands on, whatever else the lockfile pins", async () => {
  const after = await server.put("team/base", "1", imageOf([{ a: "1" }]));
  await server.put("team/base", "2", imageOf([{ a: "2" }]));
  const cwd = project({ Dockerfile: `FROM ${base}:1\nENV A=b\n` });
  writeFileSync(join(cwd, "strake.lock"), `${base}:2 linux/amd64: sha256:${"1".repeat(64)}\n`);
  const { status, stderr } = await runStrake(["update", "--platform", "linux/amd64"], { cwd });
  expect(status, stderr).toBe(0);
  expect(lockOf(cwd)).toContain(`${base}:1 linux/amd64: ${after}`);
  expect(lockOf(cwd).join()).toContain(`${base}:2 linux/amd64: sha256:`);
  expect(lockOf(cwd).join()).not.toContain("1111");
});

it("lists what is outdated, with newer tags of the same shape, and fails for it", async () => {
  const pinned = await server.put("team/base", "24.1-slim", imageOf([{ a: "1" }]));
  await server.put("team/other", "latest", imageOf([{ a: "1" }]));
  const cwd = project({ "build.ts": buildFile(`${base}:24.1-slim`, `${server.address}/team/other`) });
  await runStrake(["update"], { cwd });
  expect(await runStrake(["outdated"], { cwd })).toMatchObject({ status: 0, stdout: "" });

  const newest = await server.put("team/base", "24.1-slim", imageOf([{ a: "2" }]));
  for (const tag of ["24.3-slim", "24.3", "25.0-slim"]) await server.put("team/base", tag, imageOf([{ a: tag }]));
  const lock = lockOf(cwd);
  const { status, stdout } = await runStrake(["outdated"], { cwd });
  expect(status).toBe(1);
  const [head = "", row = "", ...rest] = stdout.trimEnd().split("\n");
  expect(head.split(/ {3,}/)).toEqual(["NAME", "PLATFORM", "PINNED", "NEWEST", "NEWER TAGS"]);
  const short = (digest: string) => digest.slice(0, 19);
  const cells = [`${base}:24.1-slim`, "linux/amd64", short(pinned), short(newest), "24.3-slim, 25.0-slim"];
  expect(row.split(/ {3,}/)).toEqual(cells);
  expect(rest).toEqual([]);
  expect(lockOf(cwd)).toEqual(lock);

  const json = await runStrake(["outdated", "--json"], { cwd });
  expect(json.status).toBe(1);
  expect(JSON.parse(json.stdout)).toMatchObject([
    { platform: "linux/amd64", pinned, newest, newerTags: ["24.3-slim", "25.0-slim"], outdated: true },
    { name: `${server.address}/team/other:latest`, newerTags: [], outdated: false },
  ]);
  expect((await runStrake(["outdated", `${server.address}/team/other`], { cwd })).status).toBe(0);
});

it("keeps the pins of names that other build arguments make", async () => {
  for (const tag of ["1", "2", "3"]) await server.put("team/base", tag, imageOf([{ a: tag }]));
  const cwd = project({
    "build.ts": `import { image, argument } from "strake";
export const app = image().from(argument("BASE", "${base}:1")).platforms("linux/amd64");\n`,
  });
  for (const args of [[], ["--build-arg", `BASE=${base}:2`]]) {
    const { status, stderr } = await runStrake(["update", ...args], { cwd });
    expect(status, stderr).toBe(0);
  }
  expect(lockOf(cwd).map((line) => line.split(" ")[0])).toEqual([`${base}:1`, `${base}:2`]);
  const frozen = await runStrake(["build", "--frozen-lockfile", "--build-arg", `BASE=${base}:3`], { cwd });
  expect(frozen.stderr).toContain(`"strake update --build-arg BASE=${base}:3 ${base}:3"`);
});

it("pins what a stage of a Dockerfile stands on, with the command that a frozen build names", async () => {
  for (const tag of ["1", "2"]) await server.put("team/base", tag, imageOf([{ a: tag }]));
  const cwd = project({
    "docker/Dockerfile": `FROM ${base}:1 AS first\nENV A=b\nFROM ${base}:2\nENV A=b\n`,
    "docker/strake.lock": "",
  });
  const args = ["build", "docker", "--target", "first", "--platform", "linux/amd64"];
  const frozen = await runStrake(args, { cwd, env: { CI: "true" } });
  expect(frozen.status).toBe(1);
  const [, command = ""] = /Run "strake (.*?)"/.exec(frozen.stderr) ?? [];
  expect(command).toBe(`update -f docker/Dockerfile --target first --platform linux/amd64 ${base}:1`);
  expect((await runStrake(command.split(" "), { cwd })).status).toBe(0);
  const built = await runStrake(args, { cwd, env: { CI: "true" } });
  expect(built.status, built.stderr).toBe(0);
  const wrong = await runStrake(["update", "--target", "x"], { cwd: project({ "build.ts": buildFile(`${base}:1`) }) });
  expect(wrong.status).toBe(2);
});

it("knows the names in the instructions that a base leaves to those that stand on it", async () => {
  const other = `${server.address}/team/other:1`;
  await server.put("team/other", "1", imageOf([{ f: "1" }]));
  await server.put("team/base", "1", imageOf([{ a: "1" }], { OnBuild: [`COPY --from=${other} /f /f`] }));
  const cwd = project({ "build.ts": buildFile(`${base}:1`) });
  const built = await runStrake(["build", "-q"], { cwd });
  expect(built.status, built.stderr).toBe(0);
  const pinned = lockOf(cwd);
  expect(pinned.map((line) => line.split(" ")[0])).toEqual([`${base}:1`, other]);
  const moved = await server.put("team/other", "1", imageOf([{ f: "2" }]));
  const updated = await runStrake(["update"], { cwd });
  expect(updated.status, updated.stderr).toBe(0);
  expect(lockOf(cwd)).toEqual([pinned[0], `${other} linux/amd64: ${moved}`]);
  const frozen = await runStrake(["build", "-q", "--frozen-lockfile"], { cwd });
  expect(frozen.status, frozen.stderr).toBe(0);
  expect(frozen.stdout).not.toBe(built.stdout);
});
