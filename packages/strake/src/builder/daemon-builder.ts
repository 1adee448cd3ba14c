import type { Plan } from "@strake/core";
import type { BuilderAddress } from "../compose/builder-address.ts";
import { type DaemonBuilderOptions, type OpenedBuilder, openBuilder } from "../compose/open-builder.ts";
import type { Session } from "../compose/session.ts";
import type { SolvePlan } from "../compose/target-solution.ts";
import { fitPlatforms, type OfferedPlatform } from "./commands-of.ts";
import type { Fit, PlanBuilder } from "./plan-builder.ts";

/** Where a daemon is, and what it is called. */
export interface NamedDaemon {
  readonly name: string;
  readonly address: Extract<BuilderAddress, { type: "daemon" }>;
  /** The platforms that it is meant for; those that it says itself where absent. */
  readonly platforms?: readonly OfferedPlatform[];
}

/** Tells which statement of a plan a daemon does not know. */
type LimitOf = (plan: Plan) => { readonly statement: string; readonly why: string } | undefined;

/** How long a daemon that may have failed is given to say that it has not, in milliseconds. */
const patience = 5000;

/** A daemon, as one of several builders. */
export class DaemonBuilder implements PlanBuilder {
  readonly name: string;
  readonly #opened: OpenedBuilder;
  readonly #offered: readonly OfferedPlatform[];
  readonly #limitOf: LimitOf;

  private constructor(name: string, opened: OpenedBuilder, offered: readonly OfferedPlatform[], limitOf: LimitOf) {
    this.name = name;
    this.#opened = opened;
    this.#offered = offered;
    this.#limitOf = limitOf;
  }

  /**
   * Connects to a daemon and finds out what it can do.
   *
   * @throws DaemonError where it is not there, or cannot make images
   */
  static async open(session: Session, daemon: NamedDaemon, options: DaemonBuilderOptions): Promise<DaemonBuilder> {
    const { checkConfigs, oldDockerLimit } = await import("@strake/daemon");
    const opened = await openBuilder(session, daemon.address, { ...options, name: daemon.name });
    try {
      const [offered, isOld] = await Promise.all([
        opened.client.platforms(),
        opened.client.isOld(),
        checkConfigs(opened.client),
      ]);
      return new DaemonBuilder(
        daemon.name,
        opened,
        daemon.platforms ?? offered,
        isOld ? (plan) => oldDockerLimit(plan) : () => undefined,
      );
    } catch (error) {
      opened.close();
      throw error;
    }
  }

  async fit(plan: Plan): Promise<Fit> {
    const limit = this.#limitOf(plan);
    if (limit !== undefined) return { refusal: `it is too old for ${limit.statement}: ${limit.why}` };
    return fitPlatforms(plan, this.#offered);
  }

  readonly solve: SolvePlan = (plan, options, name) => this.#opened.solvePlan(plan, options, name);

  async lossOf(error: unknown): Promise<string | undefined> {
    const { DaemonError } = await import("@strake/daemon");
    const isLost = DaemonError.is(error) && (error.code === "lost" || error.code === "unreachable");
    if (isLost) return error.message;
    // A daemon that is stopped ends its commands first, so what looks like a failing step may be the daemon's end.
    try {
      await this.#opened.client.listWorkers(AbortSignal.timeout(patience));
      return undefined;
    } catch (cause) {
      return DaemonError.is(cause) ? cause.message : `it did not answer any more: ${(cause as Error).message}`;
    }
  }

  close(): void {
    this.#opened.close();
  }
}
