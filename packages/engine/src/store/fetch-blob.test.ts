import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sha256, verified } from "@strake/oci";
import { afterAll, beforeEach, expect, it } from "vitest";
import { processName } from "../kernel/process-name.ts";
import { fetchBlob } from "./fetch-blob.ts";
import { Store } from "./store.ts";

const root = mkdtempSync(join(tmpdir(), "strake-fetch-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const bytes = randomBytes(300_000);
const digest = sha256(bytes);
const name = digest.replace(":", "-");
let store: Store;
let starts: number[];
beforeEach(() => {
  store = new Store(mkdtempSync(join(root, "store-")));
  starts = [];
});

/** A source that breaks after so many bytes in all, and that has nothing for anybody before so many have asked. */
function source(cutAt = Number.POSITIVE_INFINITY, content: Uint8Array = bytes, readers = 1) {
  const open = async function* (start: number) {
    starts.push(start);
    while (starts.length < readers) await new Promise((resolve) => setImmediate(resolve));
    for (let at = start; at < content.length; at += 10_000) {
      await new Promise((resolve) => setImmediate(resolve));
      if (at >= cutAt) throw new Error("cut");
      yield content.subarray(at, Math.min(content.length, at + 10_000));
    }
  };
  return {
    digest,
    size: bytes.length,
    open: (start: number) => (start === 0 ? verified(open(0), { digest }, "the blob") : open(start)),
  };
}

const partial = () => readdirSync(join(store.folder, "partial"));
const stored = () => readFileSync(store.blobs.path(digest));
function leave(content: Uint8Array, as = name): void {
  mkdirSync(join(store.folder, "partial"), { recursive: true });
  writeFileSync(join(store.folder, "partial", as), content);
}

it("goes on where it was cut, as often as that happens", async () => {
  await expect(fetchBlob(store, source(50_000))).rejects.toThrow("cut");
  expect(await store.blobs.has(digest)).toBe(false);
  await expect(fetchBlob(store, source(120_000))).rejects.toThrow("cut");
  expect(partial()).toEqual([name]);
  const resumed: number[] = [];
  expect(await fetchBlob(store, { ...source(), resumed: (at) => resumed.push(at) })).toBe(true);
  expect(starts).toEqual([0, 50_000, 120_000]);
  expect(resumed).toEqual([120_000]);
  expect(stored().equals(bytes)).toBe(true);
  expect(partial()).toEqual([]);
  expect(await fetchBlob(store, source())).toBe(false);
});

it("takes over what a killed process had, and not what a living one has", async () => {
  leave(bytes.subarray(0, 70_000), `${name}.4194304.1-dead`);
  leave(bytes.subarray(0, 40_000), `${name}.4194304.2-dead`);
  leave(bytes.subarray(0, 90_000), `${name}.${processName()}-alive`);
  await fetchBlob(store, source());
  expect(starts).toEqual([70_000]);
  expect(partial()).toEqual([`${name}.${processName()}-alive`]);
});

it.each([
  ["is not the beginning of it", Buffer.alloc(1000)],
  ["is as long as it and not it", Buffer.alloc(bytes.length)],
  ["is longer", Buffer.alloc(bytes.length + 1)],
])("begins anew where what is there %s", async (_, left) => {
  leave(left);
  await fetchBlob(store, source());
  expect(starts.at(-1)).toBe(0);
  expect(stored().equals(bytes)).toBe(true);
  expect(partial()).toEqual([]);
});

it("needs nobody where all of it is there", async () => {
  leave(bytes);
  await fetchBlob(store, source());
  expect(starts).toEqual([]);
  expect(stored().equals(bytes)).toBe(true);
});

it("keeps nothing of bytes that are wrong", async () => {
  const wrong = source(undefined, randomBytes(bytes.length));
  await expect(fetchBlob(store, wrong)).rejects.toMatchObject({ code: "digest-mismatch" });
  leave(bytes.subarray(0, 1000));
  await expect(fetchBlob(store, wrong)).rejects.toMatchObject({ code: "digest-mismatch" });
  const long = source(undefined, Buffer.concat([bytes, bytes]));
  await expect(fetchBlob(store, long)).rejects.toMatchObject({ code: "size-mismatch" });
  expect(partial()).toEqual([]);
  expect(await store.blobs.has(digest)).toBe(false);
});

it("lets two fetch the same blob at once", async () => {
  leave(bytes.subarray(0, 100_000));
  await Promise.all([1, 2, 3].map(() => fetchBlob(store, source(undefined, undefined, 3))));
  expect(starts.sort((one, other) => one - other)).toEqual([0, 0, 100_000]);
  expect(stored().equals(bytes)).toBe(true);
  expect(partial()).toEqual([]);
});
