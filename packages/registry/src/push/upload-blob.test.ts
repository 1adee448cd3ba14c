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

/** An image with one layer, which is small enough to be sent whole. */
function sample(text = "hello", times = 50_000) {
  const bytes = Buffer.from(text.repeat(times));
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

/** One whose layer is sent as a stream. */
const large = () => sample("hello", 300_000);

/** The requests that brought the bytes of blobs. */
function sendings(registry: RegistryServer, since = 0) {
  return registry.requests.slice(since).filter(({ method, on, headers }) => {
    return method === "PATCH" || (method !== "GET" && on === "upload" && headers["content-length"] !== "0");
  });
}

async function pushed(
  registry: RegistryServer,
  more: ConstructorParameters<typeof RegistryClient>[1] = {},
  image = large(),
) {
  const reference = parseReference(`${registry.address}/a/b:1`);
  const result = await client(registry.address, more).pusher().push([image], reference);
  const fetched = await client(registry.address, more).getManifest(reference);
  expect(fetched.digest).toBe(result.digest);
  return result;
}

it("pushes an image whose digests nobody knew before", async () => {
  const registry = await server();
  expect((await pushed(registry)).unchanged).toBe(false);
  expect(sendings(registry)).toHaveLength(2);
});

it.each([true, false])(
  "sends what is small in as few requests as the registry takes (whole posts: %s)",
  async (whole) => {
    const registry = await server({ wholePosts: whole });
    await client(registry.address)
      .pusher()
      .push([sample()], parseReference(`${registry.address}/a/b:1`));
    const asked = registry.requests.map(({ method, on }) => `${method} ${on}`);
    if (whole) expect(asked.sort()).toEqual(["POST upload", "POST upload", "PUT manifest", "PUT upload"]);
    else expect(asked.sort()).toEqual(["POST upload", "POST upload", "PUT manifest", "PUT upload", "PUT upload"]);
    // What was found out holds for the next.
    const before = registry.requests.length;
    const pusher = client(registry.address).pusher();
    await pusher.push([sample("one")], parseReference(`${registry.address}/a/b:2`));
    await pusher.push([sample("two")], parseReference(`${registry.address}/a/b:3`));
    const tried = registry.requests.slice(before).filter(({ path }) => /uploads\/\?digest=/.test(path));
    expect(tried).toHaveLength(whole ? 3 : 1);
  },
);

it("does not ask whether the registry has what is as quickly sent", async () => {
  const registry = await server();
  const image = sample("small", 1000);
  for (const layer of await image.layers()) await layer.digest();
  await client(registry.address)
    .pusher()
    .push([image], parseReference(`${registry.address}/a/b:1`));
  expect(registry.requests.filter(({ method, on }) => method === "HEAD" && on === "blob")).toEqual([]);
  const larger = sample();
  for (const layer of await larger.layers()) await layer.digest();
  const before = registry.requests.length;
  await client(registry.address)
    .pusher()
    .push([larger], parseReference(`${registry.address}/a/b:2`));
  await client(registry.address)
    .pusher()
    .push([larger], parseReference(`${registry.address}/a/b:3`));
  expect(registry.requests.slice(before).filter(({ method, on }) => method === "HEAD" && on === "blob")).toHaveLength(
    2,
  );
  expect(sendings(registry, before).filter(({ headers }) => Number(headers["content-length"]) > 200_000)).toHaveLength(
    1,
  );
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
  expect(sendings(registry)).toHaveLength(2);
});

it("fetches a token for writing", async () => {
  const registry = await server({ token: { expiresIn: 60 } });
  await pushed(registry);
  expect(registry.requests.some(({ path }) => decodeURIComponent(path).includes("repository:a/b:pull,push"))).toBe(
    true,
  );
});

it("asks for one token for all of a push, and is refused once, however many repositories it goes to", async () => {
  const registry = await server({ token: {} });
  const image = sample();
  for (const layer of await image.layers()) await layer.digest();
  const pusher = client(registry.address).pusher();
  const refused = () => registry.requests.filter(({ headers, on }) => on !== "token" && !headers.authorization);
  await pusher.push([image], parseReference(`${registry.address}/a:1`));
  expect(registry.requests.filter(({ on }) => on === "token")).toHaveLength(1);
  expect(refused()).toHaveLength(1);
  for (const name of ["b", "c"]) await pusher.push([image], parseReference(`${registry.address}/${name}:1`));
  expect(refused()).toHaveLength(1);
});

it.each([
  ["POST", sample],
  ["PUT", sample],
  ["POST", large],
  ["PATCH", large],
  ["PUT", large],
] as const)("gets another token where one is refused in the middle of an upload (%s, %o)", async (method, make) => {
  const registry = await server({ token: {}, wholePosts: false });
  registry.fail({ fault: { kind: "unauthorized", realm: true }, method, on: "upload", times: 1 });
  const image = make();
  for (const layer of await image.layers()) await layer.digest();
  const reference = parseReference(`${registry.address}/a/b:1`);
  const { digest } = await client(registry.address).pusher().push([image], reference);
  expect((await client(registry.address).getManifest(reference)).digest).toBe(digest);
  expect(registry.requests.filter(({ on }) => on === "token").length).toBeGreaterThan(1);
});

it("replaces tokens that run out between the requests of a push", async () => {
  const registry = await server({ token: { expiresIn: 1 } });
  registry.fail({ fault: { kind: "cut-request", afterBytes: 1000 }, method: "PATCH", times: 1 });
  const patient = { retry: { delay: 2400, tries: 6 } };
  await pushed(registry, patient);
  expect(registry.requests.filter(({ on }) => on === "token").length).toBeGreaterThan(2);
});

it.each([sample, large])("goes on after answers that will pass", async (make) => {
  const registry = await server();
  registry.fail({ fault: { kind: "server-error" }, method: "POST", times: 2 });
  registry.fail({ fault: { kind: "too-many-requests", retryAfter: "0" }, method: "PUT", times: 2 });
  registry.fail({ fault: { kind: "server-error", status: 503 }, method: "PATCH", times: 1 });
  await pushed(registry, {}, make());
});

it.each([
  ["PATCH", large],
  ["PUT", large],
  ["PUT", sample],
] as const)("begins anew where the registry has forgotten an upload (%s, %o)", async (method, make) => {
  const registry = await server({ wholePosts: false });
  registry.fail({ fault: { kind: "answer", status: 404 }, method, on: "upload", times: 1 });
  await pushed(registry, {}, make());
});

it.each([400, 404, 405, 501])(
  "uploads as usual where a registry refuses a blob with the first request (%i)",
  async (status) => {
    const registry = await server();
    registry.fail({ fault: { kind: "answer", status }, path: /uploads\/\?digest=/ });
    await pushed(registry, {}, sample());
  },
);

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
  // The config alone is sent.
  expect(sendings(registry, before)).toHaveLength(1);
  const elsewhere = client(registry.address).pusher(["not-there"]);
  const [layer] = await image.layers();
  const asked = registry.requests.length;
  await elsewhere.push([image], parseReference(`${registry.address}/other:1`));
  expect(sendings(registry, asked)).toHaveLength(2);
  const begun = registry.requests.slice(asked).filter(({ path }) => path.includes(`mount=`));
  expect(begun).toHaveLength(1);
  expect(decodeURIComponent(begun[0]?.path ?? "")).toContain(await layer?.digest());
});

it.each([sample, large])("goes on with the upload that a registry begins instead of a mount", async (make) => {
  const registry = await server({ mounts: false });
  const image = make();
  for (const layer of await image.layers()) await layer.digest();
  await client(registry.address)
    .pusher(["one", "two"])
    .push([image], parseReference(`${registry.address}/app:1`));
  const posts = registry.requests.filter(({ method, on }) => method === "POST" && on === "upload");
  // Of two that were begun one is ended unused; the third request is the config's.
  expect(posts).toHaveLength(3);
  expect(registry.requests.filter(({ method }) => method === "DELETE")).toHaveLength(1);
});

it("sends a blob once to a registry, and has it taken over for the other names of an image", async () => {
  const registry = await server();
  const image = sample();
  const pusher = client(registry.address).pusher();
  for (const name of ["a", "b", "c"]) await pusher.push([image], parseReference(`${registry.address}/${name}:1`));
  expect(sendings(registry)).toHaveLength(2);
  expect(registry.requests.filter(({ path }) => path.includes("mount="))).toHaveLength(4);
});

it("goes on where a line broke, at whatever byte, and transfers nothing twice", async () => {
  const registry = await server();
  const image = large();
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
  const image = large();
  // Only what is known to the byte is taken up.
  for (const layer of await image.layers()) await layer.digest();
  const reference = parseReference(`${registry.address}/a/b:1`);
  const { digest } = await client(registry.address).pusher().push([image], reference);
  expect((await client(registry.address).getManifest(reference)).digest).toBe(digest);
  const again = await server();
  again.fail({ fault: spoilt, method: "PUT", on: "upload", times: 1 });
  await expect(pushed(again)).rejects.toThrow(/DIGEST_INVALID/);
  expect(again.requests.filter(({ method, on }) => method === "PUT" && on === "upload").length).toBeLessThan(3);
});

it.each([sample, large])("does not send a blob again when only the answer to its end was lost", async (make) => {
  const registry = await server();
  registry.fail({ fault: { kind: "lost-answer" }, method: "PUT", on: "upload", times: 2 });
  await pushed(registry, {}, make());
  expect(sendings(registry)).toHaveLength(2);
});

it("sends what is small anew where the line broke", async () => {
  const registry = await server({ wholePosts: false });
  const image = sample();
  for (const afterBytes of [1, 1000, 100_000]) {
    registry.fail({ fault: { kind: "cut-request", afterBytes }, method: "PUT", on: "upload", times: 1 });
    const reference = parseReference(`${registry.address}/cut-${afterBytes}:1`);
    const { digest } = await client(registry.address).pusher().push([image], reference);
    expect((await client(registry.address).getManifest(reference)).digest).toBe(digest);
  }
});

it.each([sample, large])("ends in a whole image, whichever request the registry dies at", async (make) => {
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
    await pushed(registry, {}, make());
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
