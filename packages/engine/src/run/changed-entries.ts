import { digestOf } from "@strake/core";
import { type Digest, type Entry, layerTree } from "@strake/oci";
import type { MarkSpace } from "../kernel/file-kinds.ts";
import { readSnapshot } from "../snapshot/read-snapshot.ts";
import type { SolvedLayers } from "../solve/solved.ts";

/** The entries of a layer of what a command changed; no file is newer than the image says it is. */
export async function changedEntries(
  upper: string,
  input: SolvedLayers,
  space: MarkSpace,
  epoch: number,
): Promise<readonly Entry[]> {
  const below = async () =>
    layerTree(await Promise.all(input.layers.map((layer) => layer.entries({ contents: false }))));
  const entries = await readSnapshot(upper, below, space);
  return entries.map((entry) => ({ ...entry, mtime: Math.min(entry.mtime, epoch) }));
}

/** What a layer of changes is known by: its files alone, and their times where they are not all the same. */
export function changesKey(manifest: Digest, entries: readonly Entry[], epoch: number): Digest {
  const times = epoch === 0 ? [] : entries.map((entry) => entry.mtime);
  return digestOf({ run: manifest, epoch, times });
}
