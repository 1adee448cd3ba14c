import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Digest, imageFrom, layerFromEntries, parseReference, sha256 } from "@strake/oci";
import { afterAll, beforeEach, expect, it } from "vitest";
import { takeLease } from "./lease.ts";
import { LocalImages } from "./local-images.ts";
import type { PruneWish } from "./prunable.ts";
import { prune } from "./prune.ts";
import { Store } from "./store.ts";

const root = mkdtempSync(join(tmpdir(), "strake-prune-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const now = 1_000_000_000_000;
const day = 86_400_000;
let store: Store;
beforeEach(() => {
  store = new Store(mkdtempSync(join(root, "store-")));
});

function sample(text: string) {
  const bytes = Buffer.from(text);
  const described = { type: "file", mode: 0o644, uid: 0, gid: 0, size: bytes.length, mtime: 0 } as const;
  return imageFrom({
    layers: [
      layerFromEntries([{ path: "f", ...described, content: { from: "bytes", bytes } }], { compression: "none" }),
    ],
    config: { architecture: "amd64", os: "linux", created: "1970-01-01T00:00:00Z", config: {}, history: [] },
  });
}

async function put(text: string, ...names: string[]): Promise<Digest> {
  const { digest } = await new LocalImages(store).put(
    sample(text),
    names.map((name) => parseReference(name)),
  );
  return digest;
}

/** Makes everything below a folder of the store as old as so many days. */
function age(days: number, folder = ""): void {
  for (const entry of readdirSync(join(store.folder, folder), { withFileTypes: true, recursive: true })) {
    if (entry.isFile())
      utimesSync(join(entry.parentPath, entry.name), (now - days * day) / 1000, (now - days * day) / 1000);
  }
}

function pruned(wish: Partial<PruneWish> = {}, containers: readonly string[] = []) {
  const asked = { unusedFor: 7 * day, caches: false, dryRun: false, now, ...wish };
  return prune(store, () => containers, asked).map(({ kind }) => kind);
}

const blobs = () => readdirSync(join(store.folder, "blobs/sha256"));

it("keeps what names and containers need, and removes the rest when it is old", async () => {
  await put("named", "a:1");
  const contained = await put("contained", "b:1");
  await put("gone", "c:1");
  for (const name of ["b:1", "c:1"]) store.images.remove(parseReference(name));
  age(10);
  expect(pruned({ dryRun: true }, [contained]).sort()).toEqual(["blob", "blob", "blob"]);
  expect(blobs()).toHaveLength(9);
  pruned({}, [contained]);
  expect(blobs()).toHaveLength(6);
  pruned();
  expect(blobs()).toHaveLength(3);
  expect(pruned()).toEqual([]);
});

it("keeps everything below an index that a name stands for", async () => {
  const digests = [await put("one", "a:1"), await put("two", "b:1")];
  const index = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: digests.map((digest) => ({ digest })) }));
  await store.blobs.put(sha256(index), index);
  const record = { manifest: sha256(index), id: sha256(index), named: now, size: 0 };
  store.images.set(parseReference("all:1"), record);
  for (const name of ["a:1", "b:1"]) store.images.remove(parseReference(name));
  age(10);
  expect(pruned({ unusedFor: 0 })).toEqual([]);
  expect(blobs()).toHaveLength(7);
});

it("keeps an image without a name until it is old, with layers that were old before", async () => {
  await put("unnamed");
  age(10, "blobs");
  age(3, "images");
  expect(pruned()).toEqual([]);
  const [record] = store.images.list();
  age(10, "images");
  if (record !== undefined) store.images.touch(record);
  expect(pruned()).toEqual([]);
  age(10, "images");
  expect(pruned()).toEqual(["image", "blob", "blob", "blob"]);
  expect(store.images.list()).toEqual([]);
});

it("counts the age of what is there from when it was used last", async () => {
  const key = sha256("key");
  store.actions.set(key, { diffId: sha256("layer"), length: 1 });
  store.runs.set(key, sha256("layer"));
  store.keepManifest(key, "{}");
  store.keepLayerIndex(key, []);
  await store.blobs.put(sha256("blob"), Buffer.from("blob"));
  age(10);
  expect(pruned({ dryRun: true })).toHaveLength(5);
  store.actions.touch(key);
  store.runs.touch(key);
  store.touchManifest(key);
  store.touchLayer(key);
  store.touchBlob(sha256("blob"));
  expect(pruned({ now: Date.now() })).toEqual([]);
  for (const missing of [() => store.actions.touch(sha256("x")), () => store.touchBlob(sha256("x"))]) missing();
});

it("removes what was used least recently until the store is no larger", async () => {
  await put("named", "a:1");
  const named = blobs();
  for (const [at, text] of ["first", "second", "third"].entries()) {
    const bytes = Buffer.alloc(10_000, text);
    await store.blobs.put(sha256(bytes), bytes);
    const [own] = blobs().filter((name) => sha256(bytes).endsWith(name));
    utimesSync(join(store.folder, "blobs/sha256", own ?? ""), (now - at * 1000) / 1000, (now - at * 1000) / 1000);
  }
  expect(pruned({ keepBytes: 1_000_000 })).toEqual([]);
  expect(pruned({ keepBytes: 25_000 })).toEqual(["blob"]);
  expect(blobs().filter((name) => name === sha256(Buffer.alloc(10_000, "third")).slice(7))).toEqual([]);
  pruned({ keepBytes: 0 });
  expect(blobs().sort()).toEqual([...named].sort());
});

it("sweeps locks that nobody holds, and leaves those that somebody does", async () => {
  mkdirSync(join(store.folder, "locks"));
  writeFileSync(join(store.folder, "locks", "left"), "");
  await store.withLock("held", undefined, async () => {
    pruned();
    expect(readdirSync(join(store.folder, "locks"))).toEqual(["held"]);
  });
});

it("removes what a killed process left half written, after an hour", async () => {
  await put("named", "a:1");
  writeFileSync(join(store.folder, "blobs/sha256/.1-a.tmp"), "half");
  age(0);
  expect(pruned({ unusedFor: 0, now: now + 1000 })).toEqual([]);
  expect(pruned({ now: now + 2 * 3_600_000 })).toEqual(["leftover"]);
  expect(existsSync(join(store.folder, "blobs/sha256/.1-a.tmp"))).toBe(false);
});

it("removes nothing while somebody uses the store", async () => {
  const lease = await takeLease(store.folder);
  expect(() => pruned()).toThrow(/in use/);
  lease.release();
  expect(pruned()).toEqual([]);
});
