import { join } from "node:path";
import { digestOf } from "@strake/core";
import type { Digest, Entry } from "@strake/oci";
import { recipeLayer } from "../operation/recipe-layer.ts";
import type { SolveContext } from "../solve/solve-context.ts";
import type { SolvedLayer, SolvedLayers } from "../solve/solved.ts";
import { snapshotKeys } from "./lower-folders.ts";

/** The layer that a command made in an earlier build; undefined where that is not known or its files are gone. */
export async function keptLayer(
  context: SolveContext,
  input: SolvedLayers,
  run: Digest,
): Promise<SolvedLayer | undefined> {
  const { store, readOnly } = context;
  const key = store.runs.get(run);
  if (key === undefined || !store.hasLayerIndex(key)) return undefined;
  const entries = () => entriesOf(context, key);
  const folder = await context.commands.snapshots().find(snapshotKey(input, key), entries, { readOnly });
  if (folder === undefined) return undefined;
  if (!readOnly) {
    store.touchLayer(key);
    store.runs.touch(run);
  }
  return commandLayer(context, key, folder);
}

/** A layer whose files are in a folder of the store. */
export function commandLayer(context: SolveContext, key: Digest, folder: string): SolvedLayer {
  return recipeLayer(context, key, async () => {
    return (await entriesOf(context, key)).map((entry) => inFolder(entry, folder));
  });
}

async function entriesOf({ store }: SolveContext, layer: Digest): Promise<readonly Entry[]> {
  const entries = await store.layerIndex(layer);
  if (entries === undefined) throw new Error(`the list of the layer ${layer} has been removed`);
  return entries;
}

/** What the folder of a command's layer is called. */
export function snapshotKey(input: SolvedLayers, layer: Digest): Digest {
  return digestOf({ below: snapshotKeys(input.layers).at(-1) ?? null, layer });
}

function inFolder(entry: Entry, folder: string): Entry {
  // Only files have digests, and what stands for a removal is no file.
  if (entry.digest === undefined) return entry;
  return { ...entry, content: { from: "file", path: join(folder, entry.path), offset: 0 } };
}
