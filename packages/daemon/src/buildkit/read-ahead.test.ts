import { type BlobStore, type Digest, MemoryBlobStore, sha256 } from "@strake/oci";
import { expect, test } from "vitest";
import { readAhead } from "./read-ahead.ts";

const small = Buffer.from("a document");
const large = Buffer.alloc(100_000, "layer");

/** A store that notes what is read of it, and can be emptied. */
async function notingStore() {
  const inner = new MemoryBlobStore();
  for (const content of [small, large]) await inner.put(sha256(content), content);
  const reads: Digest[] = [];
  let isEmpty = false;
  const store: BlobStore = {
    size: async (digest) => (isEmpty ? undefined : inner.size(digest)),
    has: (digest) => inner.has(digest),
    async *get(digest) {
      reads.push(digest);
      if (isEmpty) throw new Error("it is gone");
      yield* inner.get(digest);
    },
    put: (digest, content) => inner.put(digest, content),
    add: (content) => inner.add(content),
  };
  return { store, reads, empty: () => (isEmpty = true) };
}

async function textOf(store: BlobStore, content: Uint8Array): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.get(sha256(content))) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

test("a small blob that was asked for is read once, and a large one when it is wanted", async () => {
  const { store, reads } = await notingStore();
  const ahead = readAhead(store);
  expect([await ahead.has(sha256(small)), await ahead.has(sha256(large))]).toEqual([true, true]);
  expect(await textOf(ahead, small)).toBe("a document");
  expect(await ahead.size(sha256(small))).toBe(small.length);
  expect(reads).toEqual([sha256(small)]);
  expect(await textOf(ahead, large)).toBe(large.toString());
  expect(reads).toEqual([sha256(small), sha256(large)]);
});

test("a blob that nobody asked for, or that is put later, is what the store has", async () => {
  const { store } = await notingStore();
  const ahead = readAhead(store);
  const later = Buffer.from("later");
  expect(await ahead.has(sha256(later))).toBe(false);
  await ahead.put(sha256(later), later);
  expect([await textOf(ahead, later), await textOf(ahead, small)]).toEqual(["later", "a document"]);
  expect(await ahead.size(sha256(later))).toBe(later.length);
});

test("a failure is told to who reads the blob, and not before", async () => {
  const { store, empty } = await notingStore();
  const failing: BlobStore = { ...store, size: async () => 1 };
  const ahead = readAhead(failing);
  empty();
  expect(await ahead.has(sha256(small))).toBe(true);
  await expect(textOf(ahead, small)).rejects.toThrow("it is gone");
});
