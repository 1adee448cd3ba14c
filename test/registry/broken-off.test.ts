import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { linuxAmd64, parseReference, sha256 } from "@strake/oci";
import { Registry } from "@strake/registry";
import { type RegistryServer, sampleImage, startRegistryServer } from "@strake/registry/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CutLine, cutLine } from "../support/cut-line.ts";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const image = sampleImage([randomBytes(300_000), randomBytes(20_000)]);
/** Parts of all the bytes that a pull or a push moves. */
const parts = [0, 0.005, 0.1, 0.5, 0.9, 0.995];

describe("a line that breaks and stays broken", () => {
  let server: RegistryServer;
  let digest: string;
  const lines: CutLine[] = [];
  const config = temporaryFolder();

  beforeAll(async () => {
    server = await startRegistryServer();
    digest = await server.put("app", "1", image);
  });
  afterAll(async () => {
    for (const line of lines) await line.close();
    await server.close();
  });

  /** A line of its own, and a store of its own, for each part. */
  async function begin() {
    const line = await cutLine(Number(server.address.split(":")[1]));
    lines.push(line);
    const file = join(config, `${line.address.replace(":", "-")}.yaml`);
    writeFileSync(file, `${line.address}:\n  insecure: true\n`);
    const home = temporaryFolder();
    const strake = (...args: string[]) => runStrake(args, { home, env: { STRAKE_REGISTRIES: file } });
    return { line, strake };
  }

  it.concurrent.each(parts)(
    "after %f of a pull names nothing, and the next pull brings the whole image",
    async (part) => {
      const { line, strake } = await begin();
      const name = `${line.address}/app:1`;
      line.breakAfter(1 + Math.floor(322_000 * part));
      const failed = await strake("pull", name);
      expect(failed.status, failed.stderr).toBe(1);
      expect(failed.stderr).toContain(line.address);
      expect((await strake("images", "-q", name)).stdout).toBe("");
      line.mend();
      const pulled = await strake("pull", name);
      expect(pulled.status, pulled.stderr).toBe(0);
      expect(pulled.stderr).toContain(`Digest: ${digest}`);
      const copy = `${line.address}/pulled-${part * 1000}:1`;
      await strake("tag", name, copy);
      expect((await strake("push", copy)).stdout).toContain(digest);
      await expectWhole(`${server.address}/pulled-${part * 1000}:1`);
    },
  );

  it.concurrent.each(parts)(
    "after %f of a push names nothing, and the next push sends the whole image",
    async (part) => {
      const { line, strake } = await begin();
      // By another address, so that the store does not know of anything that the line leads to.
      await strake("pull", `${server.address}/app:1`);
      const [repository, name] = [`pushed-${part * 1000}`, `${line.address}/pushed-${part * 1000}:1`];
      await strake("tag", `${server.address}/app:1`, name);
      line.breakAfter(1 + Math.floor(322_000 * part));
      const failed = await strake("push", name);
      expect(failed.status, failed.stderr).toBe(1);
      expect(failed.stderr).toContain(line.address);
      expect((await fetch(`http://${server.address}/v2/${repository}/manifests/1`)).status).toBe(404);
      line.mend();
      const pushed = await strake("push", name);
      expect(pushed.stdout, pushed.stderr).toContain(`${name} ${digest}`);
      await expectWhole(`${server.address}/${repository}:1`);
    },
  );
});

/** Reads an image from the registry itself and compares every byte. */
async function expectWhole(name: string): Promise<void> {
  const registry = new Registry();
  const found = await registry.get(parseReference(name), linuxAmd64);
  expect(Buffer.from(await found.rawManifest())).toEqual(Buffer.from(await image.rawManifest()));
  for (const layer of await found.layers()) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of layer.compressed()) chunks.push(chunk);
    expect(sha256(Buffer.concat(chunks))).toBe(await layer.digest());
  }
  registry.close();
}
