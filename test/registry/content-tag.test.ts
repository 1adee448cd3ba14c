import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { planDigest } from "@strake/core";
import { type RegistryServer, sampleImage, startRegistryServer } from "@strake/registry/server";
import { afterEach, beforeEach, expect, it } from "vitest";
import { baseNeeds, serveBases } from "../support/base-images.ts";
import { need } from "../support/need.ts";
import { imports, project } from "../support/project.ts";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

let server: RegistryServer;
beforeEach(async () => {
  server = await startRegistryServer();
});
afterEach(() => server.close());

/** Does something, and returns what the registry was asked meanwhile. */
async function asked(work: () => Promise<unknown>): Promise<string[]> {
  const before = server.requests.length;
  await work();
  return server.requests.slice(before).map(({ method, path }) => `${method} ${path}`);
}

/** Builds and pushes with a new store, as a job of a CI does. */
async function push(cwd: string, ...args: string[]): Promise<{ requests: string[]; stdout: string; stderr: string }> {
  let result = { stdout: "", stderr: "", status: 0 };
  const requests = await asked(async () => {
    result = await runStrake(["build", "--push", "--tag-by-content", "--progress", "plain", ...args], { cwd });
  });
  expect(result.status, result.stderr).toBe(0);
  return { requests, ...result };
}

/** The tag that a push has put something under, besides `1`. */
function contentTag(requests: readonly string[]): string | undefined {
  return requests.map((line) => /^PUT \/v2\/\S+\/manifests\/([0-9a-f]{12,64})$/.exec(line)?.[1]).find(Boolean);
}

it("pushes an image under the tag of what it is made of, and asks once where it is there", async () => {
  const cwd = project({
    "build.ts": `${imports}export const app = image().from("scratch").copy("a.txt", "/a").env({ X: "y" });\n`,
    "a.txt": "one\n",
    "other.txt": "not in the image\n",
  });
  const name = `${server.address}/team/app`;
  const first = await push(cwd, "-t", `${name}:1`);
  const tag = contentTag(first.requests);
  expect(first.requests).toContain("PUT /v2/team/app/manifests/1");
  expect(first.stderr).toContain(`${name}:${tag}`);

  const again = await push(cwd, "-t", `${name}:1`);
  expect(again.requests).toEqual([`HEAD /v2/team/app/manifests/${tag}`]);
  expect(again.stderr).toContain(`${name}:${tag}`);
  expect(again.stderr).toContain("(unchanged)");
  expect(again.stderr).not.toContain("COPY");
  expect(again.stdout).toMatch(/^app sha256:/);

  // What no step reads is in no tag; what one reads is.
  appendFileSync(join(cwd, "other.txt"), "more\n");
  expect((await push(cwd, "-t", `${name}:1`)).requests).toHaveLength(1);
  writeFileSync(join(cwd, "a.txt"), "two\n");
  const changed = await push(cwd, "-t", `${name}:1`);
  expect(contentTag(changed.requests)).not.toBe(tag);
  expect(contentTag(changed.requests)).toBeDefined();
  writeFileSync(join(cwd, "a.txt"), "one\n");
  expect((await push(cwd, "-t", `${name}:1`)).requests).toEqual([`HEAD /v2/team/app/manifests/${tag}`]);

  // Whoever asks for more than the push gets it.
  expect((await push(cwd, "-t", `${name}:1`, "--no-cache")).requests.length).toBeGreaterThan(1);
  expect((await push(cwd, "-t", `${name}:1`, "--iidfile", "iid")).requests.length).toBeGreaterThan(1);
});

it("asks once for each image, and builds only what is not there", async () => {
  const cwd = project({
    "build.ts": `${imports}const name = (part) => \`${server.address}/\${part}:latest\`;
export const one = image().from("scratch").copy("one", "/file").tag(name("one"));
export const two = image().from("scratch").copy("two", "/file").tag(name("two")).platforms("linux/amd64", "linux/arm64");\n`,
    one: "1\n",
    two: "2\n",
  });
  await push(cwd);
  const again = await push(cwd);
  expect(again.requests.map((line) => line.replace(/[0-9a-f]{32}$/, "…")).sort()).toEqual([
    "HEAD /v2/one/manifests/…",
    "HEAD /v2/two/manifests/…",
  ]);
  expect(again.stdout.split("\n").map((line) => line.split(" ")[0])).toEqual(["one", "two", ""]);
  writeFileSync(join(cwd, "two"), "changed\n");
  const { requests } = await push(cwd);
  expect(requests.filter((line) => line.includes("/one/"))).toHaveLength(1);
  expect(requests.filter((line) => line.startsWith("PUT /v2/two/manifests/")).length).toBeGreaterThan(2);
});

it("is the digest of the plan, for an image that is made of nothing but what the plan says", async () => {
  await server.put("team/base", "1", sampleImage([Buffer.alloc(10240)]));
  const cwd = project({
    "build.ts": `${imports}export const app = image().from("${server.address}/team/base:1").write("/a", "a").platforms("linux/amd64");\n`,
  });
  const { requests } = await push(cwd, "-t", `${server.address}/app:1`);
  const printed = await runStrake(["print", "--to", "plan"], { cwd });
  const digest = planDigest(JSON.parse(printed.stdout));
  expect(digest).toContain(`sha256:${contentTag(requests)}`);
});

it("names images of the local store too", async () => {
  const cwd = project({ "build.ts": `${imports}export const app = image().from("scratch").write("/a", "a");\n` });
  const home = temporaryFolder();
  const built = await runStrake(["build", "--tag-by-content", "--metadata-file", "meta.json"], { cwd, home });
  expect(built.status, built.stderr).toBe(0);
  const { stdout } = await runStrake(["images", "--format", "{{.Repository}}:{{.Tag}}"], { cwd, home });
  expect(stdout.trim().split("\n").sort()).toEqual([expect.stringMatching(/^app:[0-9a-f]{32}$/), "app:latest"]);
});

need(
  ...baseNeeds,
  "skopeo",
  "docker-registry",
)("with a command", () => {
  it("runs nothing where the image is there, whatever the command would make", async () => {
    const bases = await serveBases("busybox");
    const cwd = project({
      "build.ts": `${imports}import { bind } from "strake";
export const app = image().from("${bases.address}/library/busybox")
  .run("cat /in/a.txt /proc/sys/kernel/random/uuid > /made", { mounts: [bind("/in", { source: "in" })] });\n`,
      "in/a.txt": "one\n",
    });
    const first = await push(cwd, "-t", `${server.address}/run:1`);
    const again = await push(cwd, "-t", `${server.address}/run:1`);
    expect(again.requests).toEqual([`HEAD /v2/run/manifests/${contentTag(first.requests)}`]);
    expect(again.stderr).not.toContain("RUN");
    writeFileSync(join(cwd, "in/a.txt"), "two\n");
    expect(contentTag((await push(cwd, "-t", `${server.address}/run:1`)).requests)).toBeDefined();
    const other = await push(cwd, "-t", `${server.address}/run:1`, "--network", "none");
    expect(contentTag(other.requests)).toBeDefined();
  });
});
