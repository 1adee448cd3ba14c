import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it, onTestFinished } from "vitest";
import { MemoryBlobStore } from "../blob-store/memory-blob-store.ts";
import { sha256 } from "../hash.ts";
import { mediaType } from "../media-type.ts";
import { writeTar } from "../tar/write-tar.ts";
import type { Entry } from "../tree/entry.ts";
import { layerFromBlob } from "./layer-from-blob.ts";
import { layerFromEntries } from "./layer-from-entries.ts";
import { packedLayer } from "./packed-layer.ts";
import { recompressed } from "./recompressed.ts";

const entries: readonly Entry[] = [
  { path: "etc", type: "directory", mode: 0o755, uid: 0, gid: 0, size: 0, mtime: 5 },
  { path: "etc/motd", type: "file", mode: 0o644, uid: 0, gid: 0, size: 5, mtime: 99, content: inline("hello") },
];
const tar = Buffer.concat([...writeTar(entries, { epoch: 10 })]);

function inline(text: string): Entry["content"] & object {
  return { from: "bytes", bytes: Buffer.from(text) };
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A layer that counts how often its tar is made. */
function counting(compression: "none" | "gzip") {
  const count = { opened: 0 };
  const layer = layerFromEntries(entries, {
    epoch: 10,
    compression,
    open: async function* () {
      count.opened++;
      yield* writeTar(entries, { epoch: 10 });
    },
  });
  return { layer, count };
}

describe("a layer of entries", () => {
  it("tells digests and sizes of what it streams", async () => {
    const layer = layerFromEntries(entries, { epoch: 10, compression: "gzip" });
    const packed = await collect(layer.compressed());
    expect(gunzipSync(packed).equals(tar)).toBe(true);
    expect((await collect(layer.uncompressed())).equals(tar)).toBe(true);
    expect([await layer.diffId(), await layer.digest(), await layer.size(), await layer.uncompressedSize?.()]).toEqual([
      sha256(tar),
      sha256(packed),
      packed.length,
      tar.length,
    ]);
    expect(layer.mediaType).toBe(mediaType.ociLayerGzip);
    expect(layer.entries?.()).toBe(entries);
  });

  it("makes nothing until it is asked, and its bytes once for all digests", async () => {
    const { layer, count } = counting("gzip");
    expect(layer.known?.()).toEqual({});
    expect(count.opened).toBe(0);
    await Promise.all([layer.digest(), layer.size(), layer.digest()]);
    await layer.diffId();
    expect(count.opened).toBe(1);
  });

  it("learns its digests while somebody else reads it", async () => {
    const { layer, count } = counting("gzip");
    const packed = await collect(layer.compressed());
    expect(layer.known?.()).toEqual({ diffId: sha256(tar), digest: sha256(packed), size: packed.length });
    await layer.digest();
    expect(count.opened).toBe(1);
  });

  it("that is not packed has its diff id as digest, and knows its size without being read", async () => {
    const { layer, count } = counting("none");
    expect(await layer.size()).toBe(tar.length);
    expect(count.opened).toBe(0);
    expect([await layer.digest(), await layer.diffId()]).toEqual([sha256(tar), sha256(tar)]);
    expect(count.opened).toBe(1);
    expect((await collect(layer.compressed())).equals(tar)).toBe(true);
  });

  it("believes what is known without making anything", async () => {
    const known = { diffId: sha256("1"), digest: sha256("2"), size: 3 };
    const layer = layerFromEntries(entries, { compression: "gzip", known });
    expect([await layer.diffId(), await layer.digest(), await layer.size()]).toEqual([sha256("1"), sha256("2"), 3]);
  });

  it("fails at the end of a reading that is not what was known", async () => {
    const known = { diffId: sha256("what it was") };
    const plain = layerFromEntries(entries, { compression: "none", known });
    await expect(collect(plain.uncompressed())).rejects.toMatchObject({ code: "digest-mismatch" });
    const packed = layerFromEntries(entries, {
      compression: "gzip",
      known: { ...known, digest: sha256("x"), size: 1 },
    });
    await expect(collect(packed.uncompressed())).rejects.toMatchObject({ code: "digest-mismatch" });
    await expect(collect(packed.compressed())).rejects.toThrow(/have changed since/);
  });

  it("notices a source file that changes between two readings", async () => {
    const folder = mkdtempSync(join(tmpdir(), "strake-layer-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "file");
    writeFileSync(path, "first");
    const file: Entry = { ...(entries[1] as Entry), content: { from: "file", path, offset: 0 } };
    const layer = layerFromEntries([file], { compression: "gzip" });
    await layer.diffId();
    writeFileSync(path, "other");
    await expect(layer.digest()).rejects.toMatchObject({ code: "digest-mismatch" });
  });

  it("takes the digest from a source that computes it itself, and tries again after a failure", async () => {
    let fail = true;
    const layer = packedLayer({
      compression: "gzip",
      open: () => ({
        diffId: async () => sha256(tar),
        [Symbol.asyncIterator]: async function* () {
          if (fail) throw new Error("the worker is gone");
          yield tar;
        },
      }),
    });
    await expect(layer.digest()).rejects.toThrow("the worker is gone");
    fail = false;
    const packed = await collect(layer.compressed());
    expect([await layer.diffId(), await layer.digest()]).toEqual([sha256(tar), sha256(packed)]);
  });
});

describe("a layer of a blob", () => {
  async function stored(blob: Uint8Array, type: string, diffId = sha256(tar)) {
    const store = new MemoryBlobStore();
    await store.put(sha256(blob), blob);
    return layerFromBlob(store, { mediaType: type, digest: sha256(blob), size: blob.length }, diffId);
  }

  it("gives the blob as it is, and unpacked", async () => {
    const blob = gzipSync(tar);
    const layer = await stored(blob, mediaType.dockerLayerGzip);
    expect((await collect(layer.compressed())).equals(blob)).toBe(true);
    expect((await collect(layer.uncompressed())).equals(tar)).toBe(true);
    expect(await layer.uncompressedSize?.()).toBeUndefined();
  });

  it("unpacks by the bytes where the media type is wrong", async () => {
    const layer = await stored(gzipSync(tar), mediaType.ociLayer);
    expect((await collect(layer.uncompressed())).equals(tar)).toBe(true);
  });

  it("fails where the diff id is another's", async () => {
    const layer = await stored(gzipSync(tar), mediaType.ociLayerGzip, sha256("another"));
    await expect(collect(layer.uncompressed())).rejects.toMatchObject({ code: "digest-mismatch" });
  });

  it("is the same when seen with its own compression, and keeps its diff id with another", async () => {
    const layer = await stored(gzipSync(tar), mediaType.ociLayerGzip);
    expect(recompressed(layer, "gzip")).toBe(layer);
    const plain = recompressed(layer, "none");
    expect([plain.mediaType, await plain.diffId(), await plain.digest()]).toEqual([
      mediaType.ociLayer,
      sha256(tar),
      sha256(tar),
    ]);
    expect(await plain.size()).toBe(tar.length);
    expect((await collect(plain.compressed())).equals(tar)).toBe(true);
    const again = recompressed(plain, "gzip", 1);
    expect(gunzipSync(await collect(again.compressed())).equals(tar)).toBe(true);
    expect(await again.diffId()).toBe(sha256(tar));
  });
});
