import { type Digest, type Entry, indexTar, type Layer } from "@strake/oci";
import type { SolveContext } from "../solve/solve-context.ts";
import type { SolvedLayer } from "../solve/solved.ts";

/**
 * A layer of a base: left where it is until a step has to look into it.
 *
 * Its list of files is kept, so that a second look moves nothing; its bytes are kept, uncompressed, only when files of
 * it are read.
 */
export function storedLayer(context: SolveContext, layer: Layer, diffId: Digest): SolvedLayer {
  if (!context.readOnly) context.store.touchLayer(diffId);
  let listing: Promise<readonly Entry[]> | undefined;
  let reading: Promise<readonly Entry[]> | undefined;
  return {
    key: diffId,
    layer,
    own: false,
    entries({ contents }) {
      if (contents) {
        reading ??= readableEntries(context, layer, diffId);
        return reading;
      }
      listing ??= reading ?? listedEntries(context, layer, diffId);
      return listing;
    },
  };
}

async function listedEntries(context: SolveContext, layer: Layer, diffId: Digest): Promise<readonly Entry[]> {
  const kept = (await context.spool.layerIndex(diffId)) ?? (await context.store.layerIndex(diffId));
  if (kept !== undefined) return kept;
  const entries = await indexTar(layer.uncompressed(), context.spool.blobs.path(diffId));
  context.spool.keepLayerIndex(diffId, entries);
  return entries;
}

async function readableEntries(context: SolveContext, layer: Layer, diffId: Digest): Promise<readonly Entry[]> {
  const { store, spool } = context;
  const home = (await store.blobs.has(diffId)) ? store : spool;
  await home.blobs.put(diffId, layer.uncompressed());
  const kept = await home.layerIndex(diffId);
  if (kept !== undefined) return kept;
  const entries = await indexTar(home.blobs.get(diffId), home.blobs.path(diffId));
  if (!(context.readOnly && home === store)) home.keepLayerIndex(diffId, entries);
  return entries;
}
