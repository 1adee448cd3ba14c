import { digestOf } from "@strake/core";
import type { Digest } from "@strake/oci";
import type { SolvePlan, TargetSolution } from "../compose/target-solution.ts";

/**
 * Solves each plan once for each name that it is solved under.
 *
 * An image whose values others use is asked for by them and for itself. A daemon may make two images of its plan, and
 * several daemons certainly may, so what others are told of has to be the one that is given out.
 */
export function solveOnce(solve: SolvePlan): SolvePlan {
  const solved = new Map<Digest, Promise<TargetSolution>>();
  return (plan, options, name) => {
    const key = digestOf([name, plan]);
    const solution = solved.get(key) ?? solve(plan, options, name);
    solved.set(key, solution);
    return solution;
  };
}
