import { digestOf, type Operation, type OperationId, operationInputs } from "@strake/core";
import { solveDiff } from "../operation/diff-operation.ts";
import { findAhead, type Sources, solveFiles } from "../operation/files-operation.ts";
import { solveMerge } from "../operation/merge-operation.ts";
import { solveRun } from "../operation/run-operation.ts";
import { solveSource } from "../operation/source-operation.ts";
import { unknownLayer, WaitsForStep } from "../operation/unknown-layer.ts";
import { atStep } from "./at-step.ts";
import type { SolveContext } from "./solve-context.ts";
import { type Solved, SolvedLayers } from "./solved.ts";

/** Solves one operation; its inputs have their own turn through the context. */
export async function solveOperation(context: SolveContext, id: OperationId, operation: Operation): Promise<Solved> {
  context.signal?.throwIfAborted();
  const step = context.step(id);
  const ahead = operation.op === "files" ? findAhead(context, operation.actions) : undefined;
  // A step begins when what it stands on is there.
  await Promise.all(operationInputs(operation).map((input) => context.solve(input)));
  const started = performance.now();
  if (step !== undefined) context.progress({ type: "started", step: id, title: step.title, image: step.image });
  try {
    const solved = await solveKind(context, id, operation, ahead).catch((error) =>
      unknownResult(context, id, operation, error),
    );
    if (step !== undefined) {
      const milliseconds = performance.now() - started;
      context.progress({ type: "finished", step: id, cached: context.cached(id), milliseconds });
    }
    return solved;
  } catch (error) {
    const placed = atStep(error, step);
    const message = context.signal?.aborted ? "canceled" : (placed as Error).message;
    if (step !== undefined) context.progress({ type: "failed", step: id, message });
    throw placed;
  }
}

/** What reads an unknown file system is unknown itself; only a plan that is not built has such. */
function unknownResult(context: SolveContext, id: OperationId, operation: Operation, error: unknown): Solved {
  if (!(error instanceof WaitsForStep)) throw error;
  const key = digestOf({ unknown: id });
  const parts = { statement: { op: operation.op }, base: [], inputs: operationInputs(operation), manifests: [] };
  context.report(id, { key, cached: false, parts, waitsOn: error.step });
  return new SolvedLayers([unknownLayer(key, error.step)]);
}

function solveKind(
  context: SolveContext,
  id: OperationId,
  operation: Operation,
  ahead: Promise<Sources> | undefined,
): Promise<Solved> {
  switch (operation.op) {
    case "source":
      return solveSource(context, operation.source);
    case "files":
      return solveFiles(context, id, operation, ahead);
    case "merge":
      return solveMerge(context, operation);
    case "diff":
      return solveDiff(context, id, operation);
    case "run":
      return solveRun(context, id, operation);
  }
}
