import { digestOf } from "@strake/core";
import type { Digest } from "@strake/oci";
import type { Snapshots } from "../snapshot/snapshots.ts";
import type { SolvedLayer } from "../solve/solved.ts";

/**
 * The names of the folders of layers that lie on one another, from the base up.
 *
 * A folder holds more than its layer says: the folders that its files stand in, as the layers below have them. So it is
 * known by all layers up to its own.
 */
export function snapshotKeys(layers: readonly SolvedLayer[]): readonly Digest[] {
  const keys: Digest[] = [];
  for (const { key } of layers) keys.push(digestOf({ below: keys.at(-1) ?? null, layer: key }));
  return keys;
}

/** Puts layers into folders for the kernel to lay over one another; a folder that is there is not made again. */
export async function lowerFolders(
  snapshots: Snapshots,
  layers: readonly SolvedLayer[],
  epoch: number,
): Promise<readonly string[]> {
  const folders: string[] = [];
  for (const [at, key] of snapshotKeys(layers).entries()) {
    const layer = layers[at] as SolvedLayer;
    const below = () => Promise.all(layers.slice(0, at).map((each) => each.entries({ contents: true })));
    const entries = () => layer.entries({ contents: true });
    // The files of a base have the times that its maker gave them.
    folders.push(await snapshots.ensure(key, { entries, below, epoch: layer.own ? epoch : undefined }));
  }
  return folders;
}
