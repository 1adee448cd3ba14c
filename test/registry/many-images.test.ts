import { randomBytes } from "node:crypto";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type RegistryServer, startRegistryServer } from "@strake/registry/server";
import { afterAll, beforeAll, expect, it } from "vitest";
import { imports, project } from "../support/project.ts";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const count = 40;
const home = temporaryFolder();
let server: RegistryServer;
let cwd: string;

beforeAll(async () => {
  server = await startRegistryServer({ wholePosts: false });
  const each = Array.from({ length: count }, (_, at) => at);
  cwd = project({
    "build.ts": `${imports}
const base = image().from("scratch").copy("shared", "/shared");
const app = (at: number) => base.copy("own-" + at, "/own").tag("${server.address}/team/app-" + at + ":1");
export default Object.fromEntries(Array.from({ length: ${count} }, (_, at) => ["app" + at, app(at)]));
`,
    shared: randomBytes(2 << 20),
    ...Object.fromEntries(each.map((at) => [`own-${at}`, `own ${at}\n`])),
  });
});
afterAll(() => server.close());

/** Builds and pushes all images, and tells what the registry was asked. */
async function push(store = home) {
  const before = server.requests.length;
  const { status, stderr } = await runStrake(["build", "--push", "-q"], { cwd, home: store });
  expect(status, stderr).toBe(0);
  return server.requests.slice(before);
}

it("sends what forty images share once, and has it taken over for the others", async () => {
  const requests = await push();
  expect(requests.filter(({ method }) => method === "PATCH")).toHaveLength(1);
  expect(requests.filter(({ path }) => path.includes("mount="))).toHaveLength(count - 1);
  expect(requests.filter(({ method, on }) => method === "PUT" && on === "manifest")).toHaveLength(count);
});

it("asks once for each image where nothing has changed", async () => {
  const requests = await push();
  expect(requests.map(({ method, on }) => `${method} ${on}`)).toEqual(Array(count).fill("HEAD manifest"));
});

it("sends nothing that one image has not where that one has changed", async () => {
  writeFileSync(join(cwd, "own-7"), "changed\n");
  const requests = await push();
  const other = requests.filter(({ path }) => !path.includes("/team/app-7/"));
  expect(other.map(({ method, on }) => `${method} ${on}`)).toEqual(Array(count - 1).fill("HEAD manifest"));
  const own = requests.filter(({ path }) => path.includes("/team/app-7/"));
  expect(own.map(({ method, on }) => `${method} ${on}`).sort()).toEqual(
    ["POST upload", "PUT upload", "POST upload", "PUT upload", "PUT manifest"].sort(),
  );
});

it("sends what is shared once from a machine that knows nothing, too", async () => {
  const requests = await push(temporaryFolder());
  // The digest of what is compressed anew is not known before, so nobody can be asked for it.
  expect(requests.filter(({ method }) => method === "PATCH").length).toBeLessThanOrEqual(1);
});

it("packs what goes to two registries once, and keeps it for that", async () => {
  const other = await startRegistryServer();
  const store = temporaryFolder();
  const [first, second] = [`${server.address}/both:1`, `${other.address}/both:1`];
  const build = (...args: string[]) => runStrake(["build", "app1", "--push", "-q", ...args], { cwd, home: store });
  const both = await build("-t", first, "-t", second);
  expect(both.status, both.stderr).toBe(0);
  const digestAt = async ({ address }: RegistryServer) =>
    (await fetch(`http://${address}/v2/both/manifests/1`)).headers.get("docker-content-digest");
  expect(await digestAt(server)).toMatch(/^sha256:/);
  expect(await digestAt(other)).toBe(await digestAt(server));
  const kept = () => readdirSync(join(store, "blobs/sha256")).length;
  expect(kept()).toBe(2);
  // What goes to one is not worth the room.
  writeFileSync(join(cwd, "own-1"), randomBytes(100_000));
  expect((await build("-t", first)).status).toBe(0);
  expect(kept()).toBe(2);
  await other.close();
});
