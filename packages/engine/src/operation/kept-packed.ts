import type { Digest, Layer } from "@strake/oci";
import type { Store } from "../store/store.ts";

/**
 * A packed layer whose bytes are kept in the store when they are read for the first time, for whoever is going to read
 * them several times: to pack them anew takes longer than anything else that is done with them.
 */
export function keptPacked(layer: Layer, store: Store): Layer {
  const keep = async (): Promise<Digest> => {
    const known = layer.known?.().digest;
    if (known !== undefined && (await store.blobs.has(known))) store.touchBlob(known);
    else await store.blobs.add(layer.compressed());
    return layer.digest();
  };
  let keeping: Promise<Digest> | undefined;
  return {
    ...layer,
    async *compressed() {
      keeping ??= keep();
      try {
        yield* store.blobs.get(await keeping);
      } finally {
        // It may be removed before somebody reads it again.
        keeping = undefined;
      }
    },
  };
}
