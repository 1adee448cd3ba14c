import { digestOf, type OperationId, type RunOperation, StrakeError } from "@strake/core";
import type { SolveContext } from "../solve/solve-context.ts";
import { emptyFileSystem, layersOf, SolvedLayers } from "../solve/solved.ts";
import { unknownLayer } from "./unknown-layer.ts";

/**
 * Plans a command; this engine has no sandbox to run it in.
 *
 * What the command would make is unknown, and so is whatever reads it.
 *
 * @throws StrakeError `run-unavailable` when it should really run
 */
export async function solveRun(context: SolveContext, id: OperationId, operation: RunOperation): Promise<SolvedLayers> {
  const step = context.step(id) ?? {
    id,
    title: `RUN ${operation.args.join(" ")}`,
    site: { file: "", line: 0, column: 0 },
    image: "",
  };
  if (!context.readOnly) {
    throw new StrakeError({
      code: "run-unavailable",
      message: `the embedded engine cannot run commands yet: ${step.title}`,
      notes: ["Write a Dockerfile with `strake print --to dockerfile`, and build that with Docker or BuildKit."],
    });
  }
  const input = operation.input === null ? emptyFileSystem : layersOf(await context.solve(operation.input));
  const { input: _input, mounts, ...said } = operation;
  const statement = { ...said, mounts: mounts.map((mount) => ({ ...mount, from: null })) };
  const key = digestOf({ version: context.plan.version, statement, base: input.keys });
  const inputs = operation.input === null ? [] : [operation.input];
  context.report(id, { key, cached: false, parts: { statement, base: input.keys, inputs, manifests: [] } });
  return new SolvedLayers([...input.layers, unknownLayer(key, step)]);
}
