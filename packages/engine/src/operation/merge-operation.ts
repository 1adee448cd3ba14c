import type { MergeOperation } from "@strake/core";
import type { SolveContext } from "../solve/solve-context.ts";
import { layersOf, SolvedLayers } from "../solve/solved.ts";

/** Lays the layers of file systems over one another: nothing is copied, and nothing is computed. */
export async function solveMerge(context: SolveContext, operation: MergeOperation): Promise<SolvedLayers> {
  const inputs = await Promise.all(operation.inputs.map((input) => context.solve(input)));
  return new SolvedLayers(inputs.flatMap((input) => layersOf(input).layers));
}
