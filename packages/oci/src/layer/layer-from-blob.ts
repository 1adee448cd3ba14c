import type { BlobStore } from "../blob-store/blob-store.ts";
import { decompress } from "../compression/detect.ts";
import type { Digest } from "../digest.ts";
import type { Descriptor } from "../document/descriptor.ts";
import { verified } from "../hash.ts";
import { layerCompression } from "../media-type.ts";
import type { Layer } from "./layer.ts";

/**
 * Makes a layer of a stored blob, packed or not.
 *
 * How the blob is packed is told from its bytes, as containerd does it, because media types in the wild are not always
 * right. Reading it uncompressed fails at the end with OciError `digest-mismatch` where the diff id is another's.
 */
export function layerFromBlob(store: Pick<BlobStore, "get">, descriptor: Descriptor, diffId: Digest): Layer {
  const { mediaType, annotations, digest, size } = descriptor;
  const what = `layer ${digest}`;
  return {
    mediaType,
    ...(annotations === undefined ? {} : { annotations }),
    known: () => ({ diffId, digest, size }),
    diffId: async () => diffId,
    digest: async () => digest,
    size: async () => size,
    compressed: () => store.get(digest),
    uncompressed: () => verified(decompress(store.get(digest), what), { digest: diffId }, what),
    uncompressedSize: async () => (layerCompression(mediaType) === "none" ? size : undefined),
  };
}
