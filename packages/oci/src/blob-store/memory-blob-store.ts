import { type Digest, parseDigest } from "../digest.ts";
import { createHasher, verified } from "../hash.ts";
import { OciError } from "../oci-error.ts";
import type { BlobStore } from "./blob-store.ts";

const chunkSize = 1024 * 1024;

/** Keeps blobs in memory, for tests and for the small documents of images that are made on the fly. */
export class MemoryBlobStore implements BlobStore {
  readonly #blobs = new Map<Digest, Uint8Array>();

  async has(digest: Digest): Promise<boolean> {
    return this.#blobs.has(parseDigest(digest));
  }

  async size(digest: Digest): Promise<number | undefined> {
    return this.#blobs.get(parseDigest(digest))?.length;
  }

  async *get(digest: Digest): AsyncGenerator<Uint8Array> {
    const blob = this.#blobs.get(parseDigest(digest));
    if (blob === undefined) throw new OciError("not-found", `there is no blob ${digest} in memory`);
    for (let at = 0; at < blob.length; at += chunkSize) yield blob.slice(at, at + chunkSize);
  }

  async put(digest: Digest, content: AsyncIterable<Uint8Array> | Uint8Array): Promise<void> {
    if (await this.has(digest)) return;
    this.#blobs.set(digest, await joined(verified(inChunks(content), { digest }, `blob ${digest}`)));
  }

  async add(content: AsyncIterable<Uint8Array> | Uint8Array): Promise<{ digest: Digest; size: number }> {
    const blob = await joined(inChunks(content));
    const hasher = createHasher();
    hasher.update(blob);
    const digest = hasher.digest();
    this.#blobs.set(digest, blob);
    return { digest, size: blob.length };
  }
}

async function joined(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return new Uint8Array(Buffer.concat(chunks));
}

async function* inChunks(content: AsyncIterable<Uint8Array> | Uint8Array): AsyncGenerator<Uint8Array> {
  if (content instanceof Uint8Array) yield content;
  else yield* content;
}
