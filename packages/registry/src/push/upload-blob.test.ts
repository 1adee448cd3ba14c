import { imageFrom, layerFromEntries, parseReference, sha256 } from "@strake/oci";
import { afterEach, expect, it } from "vitest";
import { RegistryClient } from "../client.ts";
import { type RegistryServer, type RegistryServerOptions, startRegistryServer } from "../server/server.ts";

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function server(options: RegistryServerOptions = {}): Promise<RegistryServer> {
  const started = await startRegistryServer(options);
  open.push(() => started.close());
  return started;
}

function client(address: string, more: ConstructorParameters<typeof RegistryClient>[1] = {}): RegistryClient {
  const made = new RegistryClient(address, { retry: { delay: 1, tries: 6 }, ...more });
  open.push(() => made.close());
  return made;
}

function sample(text = "hello") {
  const bytes = Buffer.from(text.repeat(50_000));
  const layer = layerFromEntries(
    [
      {
        path: "f",
        type: "file",
        mode: 0o644,
        uid: 0,
        gid: 0,
        size: bytes.length,
        mtime: 0,
        content: { from: "bytes", bytes },
      },
    ],
    { compression: "none" },
  );
  return imageFrom({
    layers: [layer],
    config: { architecture: "amd64", os: "linux", created: "1970-01-01T00:00:00Z", config: {}, history: [] },
  });
}

async function pushed(registry: RegistryServer, more: ConstructorParameters<typeof RegistryClient>[1] = {}) {
  const reference = parseReference(`${registry.address}/a/b:1`);
  const result = await client(registry.address, more).pusher().push([sample()], reference);
  const fetched = await client(registry.address, more).getManifest(reference);
  expect(fetched.digest).toBe(result.digest);
  return result;
}

it("pushes an image whose digests nobody knew before", async () => {
  const registry = await server();
  expect((await pushed(registry)).unchanged).toBe(false);
  expect(registry.requests.filter(({ method }) => method === "PATCH")).toHaveLength(2);
});

it("asks once where the registry has everything", async () => {
  const registry = await server();
  const reference = parseReference(`${registry.address}/a/b:1`);
  const image = sample();
  const pusher = client(registry.address).pusher();
  await pusher.push([image], reference);
  const before = registry.requests.length;
  expect((await pusher.push([image], reference)).unchanged).toBe(true);
  expect(registry.requests.length - before).toBe(1);
});

it("sends a blob once, however many images have it", async () => {
  const registry = await server();
  const image = sample();
  const pusher = client(registry.address).pusher();
  await (await image.layers())[0]?.digest();
  await Promise.all(
    ["x", "y", "z"].map((tag) => pusher.push([image], parseReference(`${registry.address}/a/b:${tag}`))),
  );
  expect(registry.requests.filter(({ method }) => method === "PATCH")).toHaveLength(2);
});

it("fetches a token for writing", async () => {
  const registry = await server({ token: { expiresIn: 60 } });
  await pushed(registry);
  expect(registry.requests.some(({ path }) => decodeURIComponent(path).includes("repository:a/b:pull,push"))).toBe(
    true,
  );
});

it("goes on after answers that will pass", async () => {
  const registry = await server();
  registry.fail({ fault: { kind: "server-error" }, method: "POST", times: 2 });
  registry.fail({ fault: { kind: "too-many-requests", retryAfter: "0" }, method: "PUT", times: 2 });
  registry.fail({ fault: { kind: "server-error", status: 503 }, method: "PATCH", times: 1 });
  await pushed(registry);
});

it("begins anew where the registry has forgotten an upload", async () => {
  const registry = await server();
  registry.fail({ fault: { kind: "answer", status: 404 }, method: "PATCH", times: 1 });
  await pushed(registry);
});

it("gives up, saying why, where it may not write", async () => {
  const registry = await server();
  registry.fail({ fault: { kind: "answer", status: 403 }, method: "POST" });
  await expect(pushed(registry)).rejects.toMatchObject({ code: "unauthorized" });
});

it("ends at once when it is told to stop", async () => {
  const registry = await server();
  registry.fail({ fault: { kind: "hang" }, method: "PATCH" });
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 50);
  await expect(pushed(registry, { signal: controller.signal })).rejects.toMatchObject({ name: "AbortError" });
});

it("mounts what a base's repository has, and sends it where that cannot be", async () => {
  const registry = await server();
  const base = parseReference(`${registry.address}/base:1`);
  const image = sample();
  await client(registry.address).pusher().push([image], base);
  const mounting = client(registry.address).pusher(["base"]);
  const before = registry.requests.length;
  await mounting.push([image], parseReference(`${registry.address}/app:1`));
  const asked = registry.requests.slice(before).map(({ method }) => method);
  // The config alone is sent.
  expect(asked.filter((method) => method === "PATCH")).toHaveLength(1);
  const elsewhere = client(registry.address).pusher(["not-there"]);
  await elsewhere.push([image], parseReference(`${registry.address}/other:1`));
});

it("sends a blob once to a registry, and has it taken over for the other names of an image", async () => {
  const registry = await server();
  const image = sample();
  const pusher = client(registry.address).pusher();
  for (const name of ["a", "b", "c"]) await pusher.push([image], parseReference(`${registry.address}/${name}:1`));
  expect(registry.requests.filter(({ method }) => method === "PATCH")).toHaveLength(2);
  expect(registry.requests.filter(({ path }) => path.includes("mount="))).toHaveLength(4);
});

it("goes on where a line broke, at whatever byte, and transfers nothing twice", async () => {
  const registry = await server();
  const image = sample();
  const [layer] = await image.layers();
  const size = (await layer?.size()) ?? 0;
  await layer?.digest();
  for (const [at, afterBytes] of Array.from(
    { length: 100 },
    (_, n) => [n, 2 + Math.floor((size * n) / 100)] as const,
  )) {
    registry.fail({ fault: { kind: "cut-request", afterBytes }, method: "PATCH", times: 1 });
    const before = registry.requests.length;
    const reference = parseReference(`${registry.address}/cut-${at}:1`);
    const { digest } = await client(registry.address).pusher().push([image], reference);
    expect((await client(registry.address).getManifest(reference)).digest).toBe(digest);
    const resumed = registry.requests.slice(before).flatMap(({ headers }) => headers["content-range"] ?? []);
    expect(resumed.length === 0 || resumed[0] === `${afterBytes}-${size - 1}`, `${afterBytes}: ${resumed}`).toBe(true);
  }
});

it("begins anew where what was taken up turns out to be spoilt, and gives up where it was not taken up", async () => {
  const registry = await server();
  const spoilt = { kind: "answer", status: 400, body: `{"errors":[{"code":"DIGEST_INVALID"}]}` } as const;
  registry.fail({ fault: { kind: "cut-request", afterBytes: 1000 }, method: "PATCH", times: 1 });
  registry.fail({ fault: spoilt, method: "PUT", on: "upload", times: 1 });
  const image = sample();
  // Only what is known to the byte is taken up.
  for (const layer of await image.layers()) await layer.digest();
  const reference = parseReference(`${registry.address}/a/b:1`);
  const { digest } = await client(registry.address).pusher().push([image], reference);
  expect((await client(registry.address).getManifest(reference)).digest).toBe(digest);
  const again = await server();
  again.fail({ fault: spoilt, method: "PUT", on: "upload" });
  await expect(pushed(again)).rejects.toThrow(/DIGEST_INVALID/);
  expect(again.requests.filter(({ method, on }) => method === "PUT" && on === "upload").length).toBeLessThan(3);
});

it("does not send a blob again when only the answer to its end was lost", async () => {
  const registry = await server();
  registry.fail({ fault: { kind: "lost-answer" }, method: "PUT", on: "upload", times: 2 });
  await pushed(registry);
  expect(registry.requests.filter(({ method }) => method === "PATCH")).toHaveLength(2);
});

it("ends in a whole image, whichever request the registry dies at", async () => {
  for (let dies = 0; dies < 12; dies++) {
    const registry = await server();
    let count = 0;
    registry.fail({
      fault: { kind: "server-error" },
      times: 1,
      get path() {
        count += 1;
        return count > dies ? /./ : /^never$/;
      },
    });
    await pushed(registry);
  }
});

it("leaves no listeners behind, however often it waits for the other side", async () => {
  const registry = await server();
  const warnings: Error[] = [];
  const note = (warning: Error) => warnings.push(warning);
  process.on("warning", note);
  open.push(() => process.off("warning", note));
  const bytes = Buffer.alloc(64 * 1024);
  const digest = sha256(Buffer.alloc(200 * bytes.length));
  const chunks = async function* () {
    for (let count = 0; count < 200; count++) yield bytes;
  };
  const sent = { digest, size: 200 * bytes.length };
  expect(await client(registry.address).pusher().sendBlob("a/b", sent, chunks)).toBe("sent");
  await new Promise((resolve) => setImmediate(resolve));
  expect(warnings).toEqual([]);
});

it("asks once for several platforms too", async () => {
  const registry = await server();
  const images = [sample("one"), sample("two")];
  const reference = parseReference(`${registry.address}/many:1`);
  const pusher = client(registry.address).pusher();
  expect((await pusher.push(images, reference)).unchanged).toBe(false);
  const before = registry.requests.length;
  expect((await pusher.push(images, reference)).unchanged).toBe(true);
  expect(registry.requests.length - before).toBe(1);
});
