import { type OperationId, type PlannedStep, type RunMount, type RunOperation, StrakeError } from "@strake/core";
import { digestParts } from "@strake/oci";
import { importLayer } from "../run/import-layer.ts";
import { type MountFiles, mountFiles } from "../run/mount-files.ts";
import { runCommand } from "../run/run-command.ts";
import { runKey } from "../run/run-key.ts";
import { keptLayer } from "../run/run-layer.ts";
import type { SolveContext } from "../solve/solve-context.ts";
import { emptyFileSystem, layersOf, type SolvedLayer, SolvedLayers } from "../solve/solved.ts";
import { unknownLayer } from "./unknown-layer.ts";

/**
 * Runs a command, or finds what it made before.
 *
 * Its result is kept at once, not only when the whole build has come to its end: a build that is begun again after a
 * failure goes on at the step that failed. In a plan the command does not run; what it would make is unknown then, and
 * so is whatever reads it.
 *
 * @throws StrakeError `command-failed`, and whatever keeps commands from running here
 */
export async function solveRun(context: SolveContext, id: OperationId, operation: RunOperation): Promise<SolvedLayers> {
  const input = operation.input === null ? emptyFileSystem : layersOf(await context.solve(operation.input));
  const files = await filesOfMounts(context, id, operation);
  const { key, parts } = runKey(context, operation, input.keys, files);
  const wanted = operation.cache && !context.noCache(id);
  const kept = wanted ? await keptLayer(context, input, key) : undefined;
  context.report(id, { key, cached: kept !== undefined, parts });
  if (kept !== undefined) {
    context.noteCommand(id, key, kept);
    return onTop(input, kept);
  }
  if (context.readOnly) return onTop(input, unknownLayer(key, stepOf(context, id, operation)));
  requireEntitlement(context, operation);
  // Another process may be at the same step; what it makes is what this one would.
  const made = await context.store.withLock(`run-${digestParts(key).hex}`, context.signal, async () => {
    const command = { id, operation, input, files, key };
    const found = wanted
      ? ((await keptLayer(context, input, key)) ?? (await importLayer(context, command)))
      : undefined;
    if (found === undefined) return runCommand(context, command);
    context.report(id, { key, cached: true, parts });
    return found;
  });
  context.noteCommand(id, key, made);
  return onTop(input, made);
}

function onTop(input: SolvedLayers, layer: SolvedLayer): SolvedLayers {
  return new SolvedLayers([...input.layers, layer]);
}

async function filesOfMounts(
  context: SolveContext,
  id: OperationId,
  operation: RunOperation,
): Promise<ReadonlyMap<RunMount, MountFiles>> {
  const found = operation.mounts.map(async (mount): Promise<[RunMount, MountFiles][]> => {
    if (mount.type !== "bind" && (mount.type !== "cache" || mount.from === null)) return [];
    return [[mount, await mountFiles(context, id, mount.from, mount.source)]];
  });
  return new Map((await Promise.all(found)).flat());
}

function stepOf(context: SolveContext, id: OperationId, operation: RunOperation): PlannedStep {
  const site = { file: "", line: 0, column: 0 };
  return context.step(id) ?? { id, title: `RUN ${operation.args.join(" ")}`, site, image: "" };
}

function requireEntitlement(context: SolveContext, { security }: RunOperation): void {
  if (security !== "insecure" || context.commands.allow.has("security.insecure")) return;
  throw new StrakeError({
    code: "not-allowed",
    message: "the command wants to run without the sandbox's limits, which this build does not allow",
    notes: ["Allow it with --allow security.insecure."],
  });
}
