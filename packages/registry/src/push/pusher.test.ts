import { imageFrom, type Layer, packedLayer, parseReference } from "@strake/oci";
import { afterEach, expect, it } from "vitest";
import { RegistryClient } from "../client.ts";
import { type RegistryServer, startRegistryServer } from "../server/server.ts";

const megabyte = 1024 * 1024;

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function server(): Promise<RegistryServer> {
  const started = await startRegistryServer();
  open.push(() => started.close());
  return started;
}

function push(registry: RegistryServer, layer: Layer, signal?: AbortSignal): Promise<unknown> {
  const client = new RegistryClient(registry.address, {
    retry: { tries: 1 },
    ...(signal === undefined ? {} : { signal }),
  });
  open.push(() => client.close());
  const config = { architecture: "amd64", os: "linux", created: "1970-01-01T00:00:00Z", config: {}, history: [] };
  const image = imageFrom({ layers: [layer], config });
  return client.pusher().push([image], parseReference(`${registry.address}/app:1`));
}

/** A layer of zeros. */
function zeros(
  megabytes: number,
  compression: "none" | "gzip",
  before: () => Promise<unknown> = async () => {},
): Layer {
  const source = async function* () {
    await before();
    for (let count = 0; count < megabytes; count++) yield new Uint8Array(megabyte);
  };
  return packedLayer({ open: source, compression, uncompressedSize: async () => megabytes * megabyte });
}

function uploads(registry: RegistryServer, method: string) {
  return registry.requests.filter((request) => request.on === "upload" && request.method === method);
}

it("asks where a long layer goes while its first bytes are made", async () => {
  const registry = await server();
  const layer = zeros(32, "none", () => expect.poll(() => uploads(registry, "POST")).toHaveLength(1));
  await push(registry, layer);
  // The other is the config's.
  expect(uploads(registry, "POST")).toHaveLength(2);
  expect(uploads(registry, "PATCH")).toHaveLength(1);
});

it("sends a layer that turns out to be small when it is packed with the upload that it has begun", async () => {
  const registry = await server();
  await push(registry, zeros(32, "gzip"));
  expect(uploads(registry, "PATCH")).toHaveLength(0);
  expect(uploads(registry, "POST")).toHaveLength(2);
  expect(uploads(registry, "DELETE")).toHaveLength(0);
});

it("asks for nothing before a layer that may be small is made", async () => {
  const registry = await server();
  const layer = zeros(1, "gzip", async () => expect(registry.requests).toEqual([]));
  await push(registry, layer);
});

it.each([
  ["small", 1],
  ["long", 32],
])("sends the config while the registry has not all of a %s layer", async (_, megabytes) => {
  const registry = await server();
  const digest = await zeros(megabytes, "none").digest();
  const isOfLayer = new RegExp(encodeURIComponent(digest));
  registry.fail({ method: "PUT", path: isOfLayer, fault: { kind: "hang" } });
  const controller = new AbortController();
  const pushing = push(registry, zeros(megabytes, "none"), controller.signal);
  const ofConfig = () => registry.requests.filter(({ path }) => path.includes("digest=") && !isOfLayer.test(path));
  await expect.poll(ofConfig).not.toHaveLength(0);
  controller.abort();
  await expect(pushing).rejects.toMatchObject({ name: "AbortError" });
});
