import { type Compression, layerCompression } from "../media-type.ts";
import type { Layer } from "./layer.ts";
import { packedLayer } from "./packed-layer.ts";

/**
 * Sees a layer with another compression; one that is packed that way already is given back as it is.
 *
 * The diff id stays. Annotations are left behind, since some of them describe the packed bytes.
 */
export function recompressed(layer: Layer, compression: Compression, level?: number): Layer {
  if (layerCompression(layer.mediaType) === compression) return layer;
  const diffId = (): ReturnType<Layer["diffId"]> => layer.diffId();
  const known = layer.known?.().diffId;
  return packedLayer({
    open: () => ({ [Symbol.asyncIterator]: () => layer.uncompressed()[Symbol.asyncIterator](), diffId }),
    compression,
    ...(level === undefined ? {} : { level }),
    ...(known === undefined ? {} : { known: { diffId: known } }),
    ...(layer.known === undefined ? { diffId } : {}),
    uncompressedSize: async () => layer.uncompressedSize?.(),
    ...(layer.entries === undefined ? {} : { entries: layer.entries.bind(layer) }),
  });
}
