import type { BuildEvent } from "@strake/core";
import type { SolvePlan } from "../compose/target-solution.ts";

/** What does the plans of a build. */
export interface Solver {
  readonly solvePlan: SolvePlan;
  /** Lines that say afterwards who built what. */
  summary(): readonly string[];
  close(): void;
}

/** What a solver is opened with. */
export interface SolverPorts {
  readonly report: (event: BuildEvent) => void;
  readonly signal: AbortSignal;
}
