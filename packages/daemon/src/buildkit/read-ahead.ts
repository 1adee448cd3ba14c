import type { BlobStore, Digest } from "@strake/oci";

/** The largest blob that is read ahead, in bytes; manifests and configs seldom have more. */
const largest = 64 * 1024;

/**
 * A store of blobs that reads small ones when it is asked whether they are there, so that they are at hand afterwards.
 *
 * A daemon asks for the documents of an image that is here already and has work to do then; this side reads them when
 * the daemon has said its last word, and would be waited for.
 */
export function readAhead(store: BlobStore): BlobStore {
  const read = new Map<Digest, Promise<Uint8Array>>();
  const path = store.path?.bind(store);
  return {
    ...(path === undefined ? {} : { path }),
    size: async (digest) => (await read.get(digest)?.catch(() => undefined))?.length ?? store.size(digest),
    async has(digest) {
      const size = await store.size(digest);
      if (size !== undefined && size <= largest && !read.has(digest)) {
        const bytes = readWhole(store.get(digest));
        // What goes wrong is told when it is read again.
        bytes.catch(() => read.delete(digest));
        read.set(digest, bytes);
      }
      return size !== undefined;
    },
    async *get(digest) {
      const bytes = await read.get(digest)?.catch(() => undefined);
      if (bytes === undefined) yield* store.get(digest);
      else yield bytes;
    },
    put: (digest, content) => store.put(digest, content),
    add: (content) => store.add(content),
  };
}

async function readWhole(content: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}
