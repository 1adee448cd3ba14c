import { type BuildEvent, type Plan, StrakeError } from "@strake/core";
import { parsePlatform, printPlatform } from "@strake/oci";
import type { SolvePlan } from "../compose/target-solution.ts";
import { isRefusal, type PlanBuilder } from "./plan-builder.ts";

/** A builder that may be there. */
export interface Candidate {
  /** What it is called where it is chosen or was tried. */
  readonly name: string;
  /** Connects to it; undefined where nothing says that there is one. */
  open(): Promise<PlanBuilder | undefined>;
  /** What is said where there is none. */
  readonly absent: string;
}

/** A builder, or why there is none. */
type Tried = { readonly builder: PlanBuilder } | { readonly why: string };

/** Takes for each plan the first builder that can do it, and says which one and why. */
export class AutoBuilder {
  readonly #candidates: readonly Candidate[];
  readonly #report: (event: BuildEvent) => void;
  readonly #tried = new Map<Candidate, Promise<Tried>>();
  readonly #said = new Set<string>();

  /** @param candidates from the one that is liked best to the last resort */
  constructor(candidates: readonly Candidate[], report: (event: BuildEvent) => void) {
    this.#candidates = candidates;
    this.#report = report;
  }

  readonly solve: SolvePlan = async (plan, options, name) => {
    const builder = await this.#choose(plan, name);
    return builder.solve(plan, options, name);
  };

  close(): void {
    for (const tried of this.#tried.values()) {
      void tried.then((found) => "builder" in found && found.builder.close());
    }
  }

  async #choose(plan: Plan, image: string): Promise<PlanBuilder> {
    const refusals: string[] = [];
    for (const candidate of this.#candidates) {
      const found = await this.#open(candidate);
      const fit = "why" in found ? { refusal: found.why } : await found.builder.fit(plan);
      if (!isRefusal(fit)) {
        this.#say(candidate.name, refusals, fit === "emulated");
        return (found as Extract<Tried, { builder: PlanBuilder }>).builder;
      }
      refusals.push(`${candidate.name}: ${fit.refusal}`);
    }
    throw new StrakeError({
      code: "no-builder",
      message: `nothing here can build ${image} for ${printPlatform(parsePlatform(plan.platform))}`,
      notes: [...refusals, "Name a builder that can with --builder; strake doctor says what the engine lacks."],
    });
  }

  #open(candidate: Candidate): Promise<Tried> {
    const open = async (): Promise<Tried> => {
      try {
        const builder = await candidate.open();
        return builder === undefined ? { why: candidate.absent } : { builder };
      } catch (error) {
        // What is no fault of a builder, such as an interruption, is none of the candidate's.
        if (!(error instanceof Error && /^(Strake|Daemon)Error$/.test(error.name))) throw error;
        return { why: error.message };
      }
    };
    const tried = this.#tried.get(candidate) ?? open();
    this.#tried.set(candidate, tried);
    return tried;
  }

  /** Images that are built at the same place for the same reason need one line. */
  #say(name: string, refusals: readonly string[], isEmulated: boolean): void {
    const why = refusals.length === 0 ? "it can do all that is asked" : refusals.join("; ");
    const message = `builder: ${name}${isEmulated ? ", by emulation" : ""} (${why})`;
    if (this.#said.has(message)) return;
    this.#said.add(message);
    this.#report({ type: "note", message });
  }
}
