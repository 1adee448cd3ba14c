import { randomBytes } from "node:crypto";
import { type Image, linuxAmd64, mediaType, type Platform, parseReference, sha256 } from "@strake/oci";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ClientOptions } from "./client.ts";
import { Registry } from "./registry.ts";
import { RegistryError } from "./registry-error.ts";
import { parseRegistrySettings } from "./registry-settings.ts";
import { type RegistryServer, sampleImage, sampleIndex, startRegistryServer } from "./server/server.ts";

const linuxArm64 = { os: "linux", architecture: "arm64" };
const quick: ClientOptions = { retry: { tries: 3, delay: 5, maximumDelay: 50 } };
/** For what falls silent, in milliseconds; longer than this process may have to wait for a processor. */
const idleTimeout = 2000;
const layers = [randomBytes(300_000), randomBytes(70_000)];
const image = sampleImage(layers);
/** What `unpacked` tells of the image: digests, being quicker to compare. */
const contents = layers.map((layer) => sha256(layer));

let server: RegistryServer;
const open: { close(): unknown }[] = [];

beforeEach(async () => {
  server = await start();
  await server.put("app", "1", image);
});

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

describe("reading an image", () => {
  test("its documents and the bytes of its layers come as they were put", async () => {
    const found = await get("app:1");
    expect(Buffer.from(await found.rawManifest())).toEqual(await image.rawManifest());
    expect(await found.manifest()).toEqual(await image.manifest());
    expect(Buffer.from(await found.rawConfig())).toEqual(await image.rawConfig());
    expect(await found.config()).toEqual(await image.config());
    expect(await unpacked(found)).toEqual(contents);
    const expected = await image.layers();
    for (const [index, layer] of (await found.layers()).entries()) {
      expect(await layer.digest()).toBe(await expected[index]?.digest());
      expect(await layer.diffId()).toBe(await expected[index]?.diffId());
      expect(sha256(await bytesOf(layer.compressed()))).toBe(await layer.digest());
    }
  });

  test("layers stay where they are until they are asked for", async () => {
    const found = await get("app:1");
    await found.layers();
    expect(blobRequests()).toHaveLength(1);
    await unpacked(found);
    await unpacked(found);
    expect(blobRequests()).toHaveLength(5);
  });

  test("an index is read for the platform that is asked for", async () => {
    const arm = sampleImage([randomBytes(100)], linuxArm64);
    const index = await putIndex([
      [image, linuxAmd64],
      [arm, linuxArm64],
    ]);
    const registry = client();
    const resolved = await registry.resolve(reference("app:all"), linuxArm64);
    expect(resolved.digest).toBe(index);
    expect(resolved.manifestDigest).toBe(sha256(await arm.rawManifest()));
    expect((await resolved.image.config()).architecture).toBe("arm64");
    const pinned = await registry.resolve(reference(`app@${index}`), linuxAmd64);
    expect((await pinned.image.config()).architecture).toBe("amd64");
  });

  test("an index without the platform is an error that says so", async () => {
    await putIndex([[image, linuxAmd64]]);
    const error = await failure(get("app:all", {}, linuxArm64));
    expect(error).toMatchObject({ code: "no-matching-platform" });
    expect(error.message).toContain("linux/arm64; there is linux/amd64");
  });

  test("of those in an index that run, the one that fits most exactly is taken, wherever it stands", async () => {
    const arms = ["v5", "v7", "v6"].map((variant): Platform => ({ os: "linux", architecture: "arm", variant }));
    const images = arms.map((platform) => [sampleImage([], platform), platform] as const);
    await putIndex([[sampleImage([]), { os: "unknown", architecture: "unknown" }], ...images]);
    for (const [, platform] of images) {
      expect((await (await get("app:all", {}, platform)).config()).variant).toBe(platform.variant);
    }
  });

  test("an image of another platform is an error that names both", async () => {
    const arm = sampleImage([], linuxArm64);
    await server.put("app", "arm", arm);
    server.fail({ on: "manifest", fault: { kind: "instead", reference: "arm" } });
    const error = await failure(get("app:1"));
    expect(error.code).toBe("no-matching-platform");
    expect(error.message).toMatch(/linux\/arm64.*linux\/amd64/);
  });

  test("many layers are read at once, and no more than the bound", async () => {
    const many = sampleImage(Array.from({ length: 6 }, () => randomBytes(100)));
    await server.put("many", "1", many);
    const found = await get("many:1", { parallel: 2 });
    let running = 0;
    let most = 0;
    let goOn = () => {};
    // The first two go on together, after a while in which a third would have come.
    const bothRead = new Promise<void>((resolve) => {
      goOn = () => setTimeout(resolve, 50);
    });
    await Promise.all(
      (await found.layers()).map(async (layer) => {
        let first = true;
        for await (const _ of layer.compressed()) {
          if (first) running += 1;
          first = false;
          most = Math.max(most, running);
          if (running === 2) goOn();
          await bothRead;
        }
        running -= 1;
      }),
    );
    expect(most).toBe(2);
  });
});

describe("a registry that fails", () => {
  test("what does not exist is not found", async () => {
    const error = await failure(get("app:2"));
    expect(error).toMatchObject({ code: "not-found", status: 404 });
    expect(error.message).toBe(
      `GET http://${server.address}/v2/app/manifests/2: MANIFEST_UNKNOWN: manifest unknown: 2`,
    );
    expect(error.hint).toContain("tag");
    expect(server.requests).toHaveLength(1);
  });

  test("one that never answers is given up after the idle time", async () => {
    server.fail({ on: "manifest", fault: { kind: "hang" } });
    const error = await failure(get("app:1", { idleTimeout: 400 }));
    expect(error.code).toBe("timeout");
    expect(error.message).toContain("TIMEOUT: no answer within 400 ms");
    expect(server.requests).toHaveLength(1);
  });

  test("a blob that never begins is given up after the idle time", async () => {
    const found = await get("app:1", { idleTimeout });
    server.fail({ on: "blob", fault: { kind: "stall", afterBytes: 0 } });
    expect(await failure(unpacked(found))).toMatchObject({ code: "timeout" });
  });

  test("a blob that falls silent is taken up where it stopped", async () => {
    const found = await get("app:1", { idleTimeout });
    server.fail({ on: "blob", times: 1, fault: { kind: "stall", afterBytes: 65_536 } });
    expect(await unpacked(found)).toEqual(contents);
    expect(ranges()).toEqual(["bytes=65536-"]);
  });

  test("a slow blob is waited for as long as something comes", async () => {
    const found = await get("app:1", { idleTimeout });
    server.fail({ on: "blob", fault: { kind: "slow", bytesPerSecond: 120_000 } });
    const begin = Date.now();
    expect(await unpacked(found)).toEqual(contents);
    expect(Date.now() - begin).toBeGreaterThan(idleTimeout);
  });

  test("a reader that takes its time is not taken for a silent registry", async () => {
    const [layer] = await (await get("app:1", { idleTimeout })).layers();
    const chunks: Uint8Array[] = [];
    for await (const chunk of layer?.compressed() ?? []) {
      if (chunks.length === 0) await new Promise((resolve) => setTimeout(resolve, 2 * idleTimeout));
      chunks.push(chunk);
    }
    expect(sha256(Buffer.concat(chunks))).toBe(await layer?.digest());
  });

  test("a blob whose connection is cut is taken up where it was cut", async () => {
    const found = await get("app:1");
    server.fail({ on: "blob", times: 2, fault: { kind: "cut", afterBytes: 100_000 } });
    expect(await unpacked(found)).toEqual(contents);
    expect(ranges().length).toBeGreaterThan(0);
  });

  test("a manifest whose connection is cut is asked for again", async () => {
    server.fail({ on: "manifest", times: 2, fault: { kind: "cut", afterBytes: 10 } });
    expect(await unpacked(await get("app:1"))).toEqual(contents);
    server.fail({ on: "manifest", fault: { kind: "cut", afterBytes: 10 } });
    expect(await failure(get("app:1"))).toMatchObject({ code: "unreachable" });
  });

  test("a server that knows no ranges may send all of it again", async () => {
    const [layer] = await (await get("app:1")).layers();
    server.fail({ on: "blob", times: 1, fault: { kind: "cut", afterBytes: 100_000 } });
    server.fail({ on: "blob", fault: { kind: "no-range" } });
    expect(sha256(await bytesOf(layer?.compressed() ?? []))).toBe(await layer?.digest());
    expect(ranges()).toEqual(["bytes=100000-"]);
  });

  test("a blob that is always cut is given up", async () => {
    const [layer] = await (await get("app:1")).layers();
    server.fail({ on: "blob", fault: { kind: "cut", afterBytes: 10 } });
    const error = await failure(bytesOf(layer?.compressed() ?? []));
    expect(error.code).toBe("unreachable");
    expect(error.message).toMatch(/^GET http:\/\/127\.0\.0\.1:\d+\/v2\/app\/blobs\/sha256:[0-9a-f]{64}: ECONNRESET: /);
    expect(ranges()).toEqual(["bytes=10-", "bytes=20-"]);
  });

  test("wrong bytes of a blob are found", async () => {
    const found = await get("app:1");
    server.fail({ on: "blob", fault: { kind: "wrong-bytes" } });
    const error = await failure(unpacked(found));
    expect(error.code).toBe("digest-mismatch");
    expect(error.message).toContain("DIGEST_INVALID: the blob has digest");
  });

  test("an image that is replaced while it is read, and whose blobs are removed, is to be asked for again", async () => {
    const found = await get("app:1");
    await server.put("app", "1", sampleImage([]));
    server.fail({ on: "blob", fault: { kind: "answer", status: 404 } });
    const error = await failure(unpacked(found));
    expect(error).toMatchObject({ code: "not-found", hint: expect.stringContaining("replaced meanwhile: try again") });
  });

  test("wrong bytes of a manifest are found where a digest was asked for", async () => {
    const digest = sha256(await image.rawManifest());
    server.fail({ on: "manifest", fault: { kind: "wrong-bytes" } });
    expect(await failure(get(`app@${digest}`))).toMatchObject({ code: "digest-mismatch" });
  });

  test("another manifest is found where a digest was asked for", async () => {
    await server.put("app", "other", sampleImage([]));
    server.fail({ on: "manifest", fault: { kind: "instead", reference: "other" } });
    const error = await failure(get(`app@${sha256(await image.rawManifest())}`));
    expect(error.code).toBe("digest-mismatch");
  });

  test("the registry's own word on a digest counts for nothing", async () => {
    server.fail({ fault: { kind: "wrong-digest" } });
    const resolved = await client().resolve(reference("app:1"), linuxAmd64);
    expect(resolved.digest).toBe(sha256(await image.rawManifest()));
    expect(await unpacked(resolved.image)).toEqual(contents);
  });

  test("a failure that passes is tried again", async () => {
    server.fail({ times: 2, fault: { kind: "server-error", status: 503 } });
    await get("app:1");
    expect(server.requests).toHaveLength(4);
  });

  test("a failure that stays is reported with what was said", async () => {
    server.fail({ fault: { kind: "server-error" } });
    const error = await failure(get("app:1"));
    expect(error).toMatchObject({ code: "server-error", status: 500 });
    expect(error.message).toBe(`GET http://${server.address}/v2/app/manifests/1: UNKNOWN: something went wrong`);
    expect(server.requests).toHaveLength(3);
  });

  test("a registry that asks for patience gets it", async () => {
    server.fail({ times: 1, fault: { kind: "too-many-requests", retryAfter: "1" } });
    const begin = Date.now();
    await get("app:1", { retry: { tries: 2, delay: 1 } });
    expect(Date.now() - begin).toBeGreaterThan(950);
  });

  test("patience is bounded", async () => {
    server.fail({ fault: { kind: "too-many-requests", retryAfter: "86400" } });
    const error = await failure(get("app:1"));
    expect(error).toMatchObject({ code: "too-many-requests", status: 429, retryAfter: 86_400_000 });
    expect(error.hint).toContain("86400 s");
  });

  test("a document without end is not read to its end", async () => {
    const body = " ".repeat(5 * 1024 * 1024);
    server.fail({ on: "manifest", fault: { kind: "answer", status: 200, body } });
    const error = await failure(get("app:1"));
    expect(error.code).toBe("invalid-response");
    expect(error.message).toContain("longer than 4194304 bytes");
  });

  test("a page of somebody else becomes one line of plain text", async () => {
    server.fail({ fault: { kind: "answer", status: 403, body: "<html>\u001b[31mno\n</html>" } });
    const error = await failure(get("app:1"));
    expect(error.code).toBe("unauthorized");
    expect(error.message).toMatch(/\/manifests\/1: HTTP 403: Forbidden$/);
  });

  test("nobody at the address is an error that names it", async () => {
    // A port that the system gives to nobody.
    const address = "127.0.0.1:1";
    const error = await failure(client().get(parseReference(`${address}/app:1`), linuxAmd64));
    expect(error.code).toBe("unreachable");
    expect(error.message).toContain("ECONNREFUSED");
    expect(error.hint).toContain(address);
  });

  test("an interruption ends a request with the signal's reason", async () => {
    server.fail({ on: "manifest", fault: { kind: "hang" } });
    const controller = new AbortController();
    const reason = new Error("interrupted");
    setTimeout(() => controller.abort(reason), 30);
    await expect(get("app:1", { signal: controller.signal, idleTimeout: 10_000 })).rejects.toBe(reason);
  });

  test("an interruption ends a blob that is being read", async () => {
    const controller = new AbortController();
    const reason = new Error("interrupted");
    const found = await get("app:1", { signal: controller.signal, idleTimeout: 10_000 });
    server.fail({ on: "blob", fault: { kind: "stall", afterBytes: 10 } });
    setTimeout(() => controller.abort(reason), 30);
    await expect(unpacked(found)).rejects.toBe(reason);
  });
});

describe("redirects", () => {
  test("a blob is followed to another host, without the token", async () => {
    const store = await start();
    await store.put("app", "1", image);
    const front = await start({ token: {} });
    await front.put("app", "1", image);
    front.fail({ on: "blob", fault: { kind: "redirect", to: `http://${store.address}` } });
    expect(await unpacked(await client().get(reference("app:1", front), linuxAmd64))).toEqual(contents);
    expect(front.requests.filter(({ on }) => on === "blob").every(({ headers }) => headers.authorization)).toBe(true);
    expect(store.requests).toHaveLength(3);
    expect(store.requests.some(({ headers }) => headers.authorization !== undefined)).toBe(false);
  });

  test("going round in circles ends", async () => {
    server.fail({ fault: { kind: "redirect", to: `http://${server.address}` } });
    const error = await failure(get("app:1"));
    expect(error.code).toBe("invalid-response");
    expect(error.message).toContain("more than 10 redirects");
    expect(server.requests).toHaveLength(11);
  });

  test("a redirect to no web address is refused", async () => {
    const headers = { location: "file:///etc/passwd" };
    server.fail({ fault: { kind: "answer", status: 302, headers } });
    expect(await failure(get("app:1"))).toMatchObject({ code: "invalid-response" });
  });
});

describe("tokens", () => {
  test("one token serves everything that is read of a repository", async () => {
    const guarded = await start({ token: {} });
    await guarded.put("app", "1", image);
    expect(await unpacked(await client().get(reference("app:1", guarded), linuxAmd64))).toEqual(contents);
    const asked = guarded.requests.filter(({ on }) => on === "token");
    expect(asked.map(({ path }) => path)).toEqual([
      "/token?service=strake+test+registry&scope=repository%3Aapp%3Apull",
    ]);
    expect(guarded.requests.filter(({ on, headers }) => on === "manifest" && !headers.authorization)).toHaveLength(1);
  });

  test("many readers at once fetch one token", async () => {
    const guarded = await start({ token: {} });
    await guarded.put("app", "1", image);
    const registry = client();
    await Promise.all(Array.from({ length: 8 }, () => registry.get(reference("app:1", guarded), linuxAmd64)));
    expect(guarded.requests.filter(({ on }) => on === "token")).toHaveLength(1);
  });

  test("a token that has run out is replaced", async () => {
    const guarded = await start({ token: { expiresIn: 2 } });
    await guarded.put("app", "1", image);
    const found = await client().get(reference("app:1", guarded), linuxAmd64);
    await new Promise((resolve) => setTimeout(resolve, 2100));
    expect(await unpacked(found)).toEqual(contents);
    expect(guarded.requests.filter(({ on }) => on === "token").length).toBeGreaterThan(1);
  });

  test("a token that is refused early is replaced once", async () => {
    const guarded = await start({ token: {} });
    await guarded.put("app", "1", image);
    const found = await client().get(reference("app:1", guarded), linuxAmd64);
    guarded.fail({ on: "blob", times: 1, fault: { kind: "unauthorized", realm: true } });
    expect(await unpacked(found)).toEqual(contents);
    expect(guarded.requests.filter(({ on }) => on === "token")).toHaveLength(2);
  });

  test("a realm that gives nothing to strangers means a login", async () => {
    const guarded = await start({ token: { refuse: true } });
    await guarded.put("app", "1", image);
    const error = await failure(client().get(reference("app:1", guarded), linuxAmd64));
    expect(error).toMatchObject({ code: "unauthorized", status: 401 });
    expect(error.hint).toContain("login");
  });

  test("a refusal in spite of a token means a login", async () => {
    server.fail({ on: "manifest", fault: { kind: "unauthorized", realm: true } });
    const error = await failure(get("app:1"));
    expect(error).toMatchObject({ code: "unauthorized", status: 401 });
    expect(server.requests.map(({ on }) => on)).toEqual(["manifest", "token", "manifest"]);
  });

  test("a refusal without a realm means a login", async () => {
    server.fail({ on: "manifest", fault: { kind: "unauthorized", realm: false } });
    const error = await failure(get("app:1"));
    expect(error.code).toBe("unauthorized");
    expect(server.requests).toHaveLength(1);
  });
});

describe("mirrors", () => {
  test("a mirror is asked before the registry, and below its path", async () => {
    const mirror = await start();
    await mirror.put("hub/library/app", "1", image);
    const settings = parseRegistrySettings(`docker.io:\n  mirrors: [http://${mirror.address}/hub]`, "f");
    const registry = client({ settings });
    expect(await unpacked(await registry.get(parseReference("app:1"), linuxAmd64))).toEqual(contents);
    expect(mirror.requests[0]?.path).toBe("/v2/hub/library/app/manifests/1");
  });

  test("a mirror that lacks the image is passed over, and so is one that is not there", async () => {
    const empty = await start();
    const mirrors = `[http://${empty.address}, http://127.0.0.1:1]`;
    const settings = parseRegistrySettings(`${server.address}:\n  mirrors: ${mirrors}`, "f");
    expect(await unpacked(await get("app:1", { settings }))).toEqual(contents);
    expect(empty.requests.length).toBeGreaterThan(0);
  });

  test("a mirror that lies is found out, and its registry asked", async () => {
    const liar = await start();
    await liar.put("app", "1", image);
    liar.fail({ on: "manifest", fault: { kind: "wrong-bytes" } });
    const settings = parseRegistrySettings(`${server.address}:\n  mirrors: [http://${liar.address}]`, "f");
    const digest = sha256(await image.rawManifest());
    expect(await unpacked(await get(`app@${digest}`, { settings }))).toEqual(contents);
    expect(liar.requests).toHaveLength(1);
  });

  test("an error tells what the mirrors said too", async () => {
    const mirror = await start();
    const settings = parseRegistrySettings(`${server.address}:\n  mirrors: [http://${mirror.address}]`, "f");
    const error = await failure(get("app:2", { settings }));
    expect(error.code).toBe("not-found");
    expect(error.message).toContain(`GET http://${server.address}/v2/app/manifests/2: MANIFEST_UNKNOWN`);
    expect(error.message).toContain(`its mirror before: GET http://${mirror.address}/v2/app/manifests/2`);
  });
});

async function start(options: Parameters<typeof startRegistryServer>[0] = {}): Promise<RegistryServer> {
  const started = await startRegistryServer(options);
  open.push(started);
  return started;
}

function client(options: ClientOptions = {}): Registry {
  const registry = new Registry({ ...quick, ...options });
  open.push(registry);
  return registry;
}

function reference(name: string, at: RegistryServer = server) {
  return parseReference(`${at.address}/${name}`);
}

function get(name: string, options: ClientOptions = {}, platform = linuxAmd64): Promise<Image> {
  return client(options).get(reference(name), platform);
}

async function putIndex(images: Parameters<typeof sampleIndex>[0]) {
  for (const [one] of images) await server.put("app", undefined, one);
  return server.putManifest("app", "all", await sampleIndex(images), mediaType.ociIndex);
}

function blobRequests() {
  return server.requests.filter(({ on }) => on === "blob");
}

function ranges() {
  return blobRequests().flatMap(({ headers }) => headers.range ?? []);
}

async function unpacked(found: Image): Promise<string[]> {
  return Promise.all((await found.layers()).map(async (layer) => sha256(await bytesOf(layer.uncompressed()))));
}

async function bytesOf(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function failure(promise: Promise<unknown>): Promise<RegistryError> {
  const error = await promise.then(
    () => new Error("nothing was thrown"),
    (thrown: unknown) => thrown,
  );
  if (!RegistryError.is(error)) throw error;
  return error;
}
