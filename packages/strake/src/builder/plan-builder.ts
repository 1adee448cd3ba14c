import type { Plan } from "@strake/core";
import type { SolvePlan } from "../compose/target-solution.ts";

/** Whether a builder can do a plan: on its own processor, by emulation, or not, and then why. */
export type Fit = "native" | "emulated" | { readonly refusal: string };

/** One of several builders that can do plans: this program's engine, or a daemon. */
export interface PlanBuilder {
  /** What it is called in messages. */
  readonly name: string;
  /** Tells, without doing anything of the plan, whether it can be done here. */
  fit(plan: Plan): Promise<Fit>;
  readonly solve: SolvePlan;
  /** Finds out after a failure whether it was the builder that failed, and says how; undefined: it was the plan. */
  lossOf(error: unknown): Promise<string | undefined>;
  close(): void;
}

/** Tells whether a builder said that it cannot do a plan. */
export function isRefusal(fit: Fit): fit is { readonly refusal: string } {
  return typeof fit === "object";
}
