import { layerTree } from "@strake/oci";
import { storedLayer } from "../operation/stored-layer.ts";
import { writeSnapshot } from "../snapshot/write-snapshot.ts";
import type { SolveContext } from "../solve/solve-context.ts";
import type { SolvedLayer } from "../solve/solved.ts";
import { keepLayer } from "./keep-layer.ts";
import type { WantedCommand } from "./wanted-command.ts";

/**
 * Takes the layer that a command made elsewhere, instead of running the command; undefined where there is none.
 *
 * It is unpacked to where the command would have put its changes, so it is known by its files like every other. A layer
 * that cannot be had is none: the command can run.
 */
export async function importLayer(context: SolveContext, wanted: WantedCommand): Promise<SolvedLayer | undefined> {
  const { commands, signal } = context;
  try {
    const found = await commands.findLayer(wanted.key);
    if (found === undefined) return undefined;
    const layer = storedLayer(context, found, await found.diffId());
    return await commands.slots.use(() => unpack(context, wanted, layer));
  } catch (error) {
    if (signal?.aborted) throw error;
    context.progress({ type: "warning", message: `a layer of the cache cannot be used: ${(error as Error).message}` });
    return undefined;
  }
}

async function unpack(context: SolveContext, wanted: WantedCommand, layer: SolvedLayer): Promise<SolvedLayer> {
  const { commands, plan } = context;
  const entries = await layer.entries({ contents: true });
  const below = await Promise.all(wanted.input.layers.map((each) => each.entries({ contents: false })));
  const snapshots = commands.snapshots();
  const scratch = snapshots.scratch(undefined);
  try {
    writeSnapshot(scratch.upper, entries, {
      tree: layerTree([...below, entries]),
      below: layerTree(below),
      space: snapshots.space,
      epoch: plan.image.epoch,
    });
    return await keepLayer(context, wanted, scratch.upper);
  } finally {
    commands.afterwards(() => scratch.dispose());
  }
}
