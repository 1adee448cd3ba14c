import { digestEntries } from "../snapshot/digest-entries.ts";
import type { SolveContext } from "../solve/solve-context.ts";
import type { SolvedLayer } from "../solve/solved.ts";
import { changedEntries, changesKey } from "./changed-entries.ts";
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
  const entries = await changedEntries(upper, input, commands.snapshots().space, epoch);
  const { entries: digested, manifest } = await digestEntries(entries, context.folders.hashFiles);
  const key = changesKey(manifest, digested, epoch);
  const folder = commands.snapshots().adopt(snapshotKey(input, key), upper);
  if (!store.hasLayerIndex(key)) store.keepLayerIndex(key, digested);
  if (wanted.operation.cache) store.runs.set(wanted.key, key);
  return commandLayer(context, key, folder);
}
