import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type RegistryServer, sampleImage, startRegistryServer } from "@strake/registry/server";
import { afterEach, beforeEach, expect, it } from "vitest";
import { cutLine } from "../support/cut-line.ts";
import { imports, project } from "../support/project.ts";
import { runStrake } from "../support/run-strake.ts";
import { strakeBin } from "../support/strake-bin.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const size = 4_000_000;
let server: RegistryServer;
let home: string;
let name: string;
let layer: string;

beforeEach(async () => {
  server = await startRegistryServer();
  home = temporaryFolder();
  const image = sampleImage([randomBytes(size)]);
  layer = (await (await image.layers())[0]?.digest()) ?? "";
  await server.put("app", "1", image);
  name = `${server.address}/app:1`;
});
afterEach(() => server.close());

const partial = () => {
  try {
    const folder = join(home, "partial");
    return readdirSync(folder).map((file) => statSync(join(folder, file)).size);
  } catch {
    return [];
  }
};

/** Pulls until some of the layer is on the disk, of which no more comes, and ends the process then. */
async function cutPull(signal: NodeJS.Signals): Promise<number> {
  server.fail({ fault: { kind: "stall", afterBytes: size / 2 }, path: new RegExp(layer), method: "GET", times: 1 });
  const env = { ...process.env, STRAKE_HOME: home };
  const pulling = spawn(process.execPath, [strakeBin, "pull", name], { env, stdio: "ignore" });
  const ended = new Promise((resolve) => pulling.once("close", resolve));
  while (!partial().some((bytes) => bytes > 500_000)) await wait(5);
  pulling.kill(signal);
  await ended;
  return partial()[0] ?? 0;
}

it.each(["SIGKILL", "SIGINT"] as const)("a pull goes on where one ended with %s", async (signal) => {
  const before = await cutPull(signal);
  expect(before).toBeGreaterThan(500_000);
  expect(before).toBeLessThan(size);
  const asked = server.requests.length;
  const { status, stderr } = await runStrake(["pull", name], { home });
  expect(status, stderr).toBe(0);
  expect(stderr).toMatch(/: Resuming at \S+B of 4MB\n/);
  const ranges = server.requests.slice(asked).flatMap(({ headers }) => headers.range ?? []);
  expect(ranges).toEqual([`bytes=${before}-`]);
  expect(partial()).toEqual([]);
  const saved = await runStrake(["save", "--format", "oci", "-o", join(temporaryFolder(), "a.tar"), name], { home });
  expect(saved.status, saved.stderr).toBe(0);
});

it("two pulls at once do not disturb each other, nor one that is cut", async () => {
  server.fail({ fault: { kind: "slow", bytesPerSecond: 8_000_000 }, path: /blobs/, method: "GET", times: 4 });
  const pulled = await Promise.all([1, 2].map(() => runStrake(["pull", name], { home })));
  for (const { status, stderr } of pulled) expect(status, stderr).toBe(0);
  expect(partial()).toEqual([]);
  expect((await runStrake(["images", "-q", name], { home })).stdout).not.toBe("");
});

it("a push of what is compressed on the way goes on where the line broke, and moves nothing twice", async () => {
  const line = await cutLine(Number(server.address.split(":")[1]));
  const cwd = project({
    "build.ts": `${imports}export const app = image().from("scratch").copy("big", "/big");\n`,
    big: randomBytes(4 * size),
  });
  const to = `${line.address}/built:1`;
  line.cutAfter(3 * size);
  const { status, stderr } = await runStrake(["build", "--push", "-t", to], { cwd, home });
  expect(status, stderr).toBe(0);
  expect(line.cuts()).toBe(1);
  // What was on its way when the line broke is lost; whoever began anew would move seven times the size.
  expect(line.moved()).toBeLessThan(size * 5.5);
  const other = temporaryFolder();
  const pulled = await runStrake(["pull", `${server.address}/built:1`], { home: other });
  expect(pulled.status, pulled.stderr).toBe(0);
  await line.close();
});
