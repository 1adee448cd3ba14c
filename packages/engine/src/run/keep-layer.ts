import { digestOf } from "@strake/core";
import { type Digest, type Entry, layerTree } from "@strake/oci";
import { digestEntries } from "../snapshot/digest-entries.ts";
import { readSnapshot } from "../snapshot/read-snapshot.ts";
import type { SolveContext } from "../solve/solve-context.ts";
import type { SolvedLayer } from "../solve/solved.ts";
import { commandLayer, snapshotKey } from "./run-layer.ts";
import type { WantedCommand } from "./wanted-command.ts";

/**
 * Makes a layer of what a command changed, and keeps it.
 *
 * The layer is known by its files alone. A command that is run again and makes the same files makes the same layer, and
 * all that stands on it is still there.
 *
 * @param upper the folder in which the kernel put the changes; it is taken
 */
export async function keepLayer(context: SolveContext, wanted: WantedCommand, upper: string): Promise<SolvedLayer> {
  const { commands, store, plan } = context;
  const { input } = wanted;
  const { epoch } = plan.image;
  const below = async () =>
    layerTree(await Promise.all(input.layers.map((layer) => layer.entries({ contents: false }))));
  const entries = (await readSnapshot(upper, below, commands.snapshots().space)).map((entry) => clamped(entry, epoch));
  const { entries: digested, manifest } = await digestEntries(entries, context.folders.hashFiles);
  const key = layerKey(manifest, digested, epoch);
  commands.snapshots().adopt(snapshotKey(input, key), upper);
  if (!store.hasLayerIndex(key)) store.keepLayerIndex(key, digested);
  if (wanted.operation.cache) store.runs.set(wanted.key, key);
  return commandLayer(context, input, key) as SolvedLayer;
}

/** No file is newer than the image says it is. */
function clamped(entry: Entry, epoch: number): Entry {
  return { ...entry, mtime: Math.min(Math.floor(entry.mtime), epoch) };
}

/** Times are part of a layer only where they are not all the same. */
function layerKey(manifest: Digest, entries: readonly Entry[], epoch: number): Digest {
  const times = epoch === 0 ? [] : entries.map((entry) => entry.mtime);
  return digestOf({ run: manifest, epoch, times });
}
