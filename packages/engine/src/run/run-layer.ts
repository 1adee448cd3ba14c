import { utimesSync } from "node:fs";
import { join } from "node:path";
import { digestOf } from "@strake/core";
import type { Digest, Entry } from "@strake/oci";
import { recipeLayer } from "../operation/recipe-layer.ts";
import type { SolveContext } from "../solve/solve-context.ts";
import type { SolvedLayer, SolvedLayers } from "../solve/solved.ts";
import { snapshotKeys } from "./lower-folders.ts";

/** The layer that a command made in an earlier build; undefined where that is not known or its files are gone. */
export function keptLayer(context: SolveContext, input: SolvedLayers, run: Digest): SolvedLayer | undefined {
  const key = context.store.runs.get(run);
  if (key === undefined) return undefined;
  const layer = commandLayer(context, input, key);
  if (layer !== undefined && !context.readOnly) context.store.runs.touch(run);
  return layer;
}

/** A layer whose files are in a folder of the store. */
export function commandLayer(context: SolveContext, input: SolvedLayers, key: Digest): SolvedLayer | undefined {
  const folder = context.commands.snapshots().find(snapshotKey(input, key));
  if (folder === undefined || !context.store.hasLayerIndex(key)) return undefined;
  if (!context.readOnly) {
    touch(folder);
    context.store.touchLayer(key);
  }
  return recipeLayer(context, key, async () => {
    const entries = await context.store.layerIndex(key);
    if (entries === undefined) throw new Error(`the list of the layer ${key} has been removed`);
    return entries.map((entry) => inFolder(entry, folder));
  });
}

/** What the folder of a command's layer is called. */
export function snapshotKey(input: SolvedLayers, layer: Digest): Digest {
  return digestOf({ below: snapshotKeys(input.layers).at(-1) ?? null, layer });
}

/** What was used last is removed last. */
function touch(folder: string): void {
  const now = new Date();
  utimesSync(folder, now, now);
}

function inFolder(entry: Entry, folder: string): Entry {
  // Only files have digests, and what stands for a removal is no file.
  if (entry.digest === undefined) return entry;
  return { ...entry, content: { from: "file", path: join(folder, entry.path), offset: 0 } };
}
