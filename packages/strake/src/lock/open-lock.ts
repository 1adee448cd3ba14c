import { StrakeError } from "@strake/core";
import type { LockRequest } from "../command/request.ts";
import { usageError } from "../command/usage-error.ts";
import { lockFileOf, readLockFile } from "../compose/lock-file.ts";
import { Planner } from "../compose/plan-targets.ts";
import { openSession, type Session } from "../compose/session.ts";
import { type LockedNames, lockedNames, selectNames } from "./locked-names.ts";

/** A lockfile whose names are looked up anew. */
export interface OpenLock {
  readonly session: Session;
  readonly file: string;
  /** The names that were asked for. */
  readonly names: LockedNames;
  /** Looks names up; what it has found before it does not ask for again. */
  readonly planner: Planner;
}

/** Opens the lockfile of a build file, or of a Dockerfile; nothing is looked up yet that reading them does not take. */
export async function openLock(request: LockRequest, readOnly: boolean, signal: AbortSignal): Promise<OpenLock> {
  const { file, stage, buildArgs, platforms } = request;
  const dockerfile = { places: [], stage, buildArgs, contexts: new Map<string, string>() };
  const session = await openSession({ file, readOnly, pull: true, dockerfile, signal });
  try {
    if (stage !== undefined && session.dockerfile === undefined) {
      throw usageError(`--target ${stage}: a build file has no stages`, "All of its images count for the lockfile.");
    }
    const lockFile = lockFileOf(session.buildFile);
    const pins = readLockFile(lockFile);
    const planner = new Planner(session, { buildArgs, epoch: 0, pins: new Map(), signal });
    const all = await lockedNames(session, planner, pins, platforms);
    return { session, file: lockFile, names: selectNames(all, request.names), planner };
  } catch (error) {
    await session.close();
    throw error;
  }
}

/**
 * Looks up all names that were asked for, at the same time.
 *
 * @throws StrakeError `base-not-found`
 */
export async function lookUpNames({ names, planner }: OpenLock): Promise<void> {
  try {
    await planner.lookUp(names.used.map(({ use }) => use));
  } catch (error) {
    const { code } = (error as { cause?: { code?: string } }).cause ?? {};
    if (!StrakeError.is(error) || code !== "no-matching-platform") throw error;
    const { message, site, notes, cause } = error;
    const hint = "If no image is built for that platform any more, remove its line from strake.lock.";
    throw new StrakeError({ code: error.code, message, site, notes: [...notes, hint], cause });
  }
}
