import type { DaemonBuilderOptions } from "../compose/open-builder.ts";
import type { Session } from "../compose/session.ts";
import { readBuiltBefore, writeBuiltBefore } from "./built-before.ts";
import { DaemonBuilder } from "./daemon-builder.ts";
import { EngineBuilder } from "./engine-builder.ts";
import { Fleet, type FleetMember } from "./fleet.ts";
import type { NamedBuilder } from "./name-builders.ts";
import type { PlanBuilder } from "./plan-builder.ts";
import type { Solver, SolverPorts } from "./solver.ts";

/** How long a builder of several may take to answer, in milliseconds: the others wait for it. */
const timeout = 10_000;

/**
 * Connects to several builders at once; those that are not there are left out.
 *
 * @throws StrakeError `no-builder` where none is there
 */
export async function openFleet(
  session: Session,
  builders: readonly NamedBuilder[],
  options: DaemonBuilderOptions,
  { report, signal }: SolverPorts,
): Promise<Solver> {
  const engine = new EngineBuilder(session, options.attributes);
  // This program may have to start itself again, which has to come before anything is said or connected.
  if (builders.some(({ address }) => address.type === "engine")) await engine.prepare();
  const members = await Promise.all(
    builders.map(async (builder): Promise<FleetMember> => {
      const { name, label, jobs } = builder;
      return { name, label, jobs, opened: await open(session, builder, { ...options, timeout }, engine) };
    }),
  );
  signal.throwIfAborted();
  const { home } = session.settings;
  const fleet = new Fleet(members, { report, signal, before: readBuiltBefore(home, session.buildFile) });
  return {
    solvePlan: fleet.solve,
    summary: () => fleet.summary(),
    close: () => {
      fleet.close();
      writeBuiltBefore(home, session.buildFile, fleet.built());
    },
  };
}

async function open(
  session: Session,
  { name, address, platforms }: NamedBuilder,
  options: DaemonBuilderOptions,
  engine: EngineBuilder,
): Promise<PlanBuilder | { readonly lost: string }> {
  if (address.type === "engine") return engine;
  const { DaemonError } = await import("@strake/daemon");
  const meant = platforms === undefined ? {} : { platforms };
  try {
    return await DaemonBuilder.open(session, { name, address, ...meant }, options);
  } catch (error) {
    // What is no address was never a builder: a mistake, and not a loss.
    if (!DaemonError.is(error) || error.code === "unsupported-address") throw error;
    return { lost: error.message };
  }
}
