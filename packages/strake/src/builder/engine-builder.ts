import { type Plan, StrakeError } from "@strake/core";
import { findUserNamespace, insideUserNamespace, needsUserNamespace } from "@strake/engine";
import { parsePlatform } from "@strake/oci";
import { enterUserNamespace } from "../compose/enter-user-namespace.ts";
import type { SolvePlan } from "../compose/target-solution.ts";
import type { Workspace } from "../compose/workspace.ts";
import { commandsOf, fitPlatforms, type OfferedPlatform } from "./commands-of.ts";
import { emulatedPlatforms } from "./emulated-platforms.ts";
import { type Fit, isRefusal, type PlanBuilder } from "./plan-builder.ts";

/** This program's own engine, as one of several builders. */
export class EngineBuilder implements PlanBuilder {
  readonly name = "engine";
  readonly #workspace: Workspace;
  readonly #attributes: readonly string[];
  #refusal: Promise<string | undefined> | undefined;

  /** @param attributes of the solve, which only daemons know */
  constructor(workspace: Workspace, attributes: Readonly<Record<string, string>> = {}) {
    this.#workspace = workspace;
    this.#attributes = Object.keys(attributes);
  }

  /** @throws ExitWith where all of this program has run again inside a user namespace to run commands */
  async fit(plan: Plan): Promise<Fit> {
    if (this.#attributes.some((name) => name.startsWith("attest:"))) return { refusal: "it makes no attestations" };
    const commands = commandsOf(plan);
    if (commands.length === 0) return "native";
    const fit = fitPlatforms(plan, this.#offered());
    if (isRefusal(fit)) return fit;
    const isRoot = !needsUserNamespace() && !insideUserNamespace();
    if (!isRoot && commands.some(({ security }) => security === "insecure")) {
      return { refusal: "security.insecure takes root here" };
    }
    const refusal = await this.prepare();
    return refusal === undefined ? fit : { refusal };
  }

  /**
   * Makes ready what commands need, and says why they cannot be run here, if so.
   *
   * @throws as `fit`
   */
  prepare(): Promise<string | undefined> {
    this.#refusal ??= this.#commandsRefusal();
    return this.#refusal;
  }

  readonly solve: SolvePlan = (plan, options) => this.#workspace.engine.solve(plan, options);

  async lossOf(): Promise<undefined> {
    return undefined;
  }

  close(): void {}

  #offered(): readonly OfferedPlatform[] {
    const { platform } = this.#workspace;
    // A kernel for amd64 runs programs for 386 as well.
    const more = platform.architecture === "amd64" ? [parsePlatform("linux/386")] : [];
    return [
      ...[platform, ...more].map((each) => ({ platform: each, isNative: true })),
      ...emulatedPlatforms().map((each) => ({ platform: each, isNative: false })),
    ];
  }

  /** Why no command can be run here. */
  async #commandsRefusal(): Promise<string | undefined> {
    if (needsUserNamespace()) {
      const found = findUserNamespace();
      if ("refusal" in found) return found.refusal;
      await enterUserNamespace();
    }
    try {
      await this.#workspace.sandbox();
      return undefined;
    } catch (error) {
      if (!StrakeError.is(error)) throw error;
      return [error.message, ...(error.notes ?? []).slice(0, 1)].join("; ");
    }
  }
}
