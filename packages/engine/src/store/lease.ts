import { randomBytes } from "node:crypto";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { isAlive, processName } from "../kernel/process-name.ts";
import { makeFolder } from "./make-folder.ts";

/** A process's word that it is using the store; letting go of it twice is as letting go once. */
export interface Lease {
  release(): void;
}

/** How long to wait between two looks at whether somebody is still removing things, in milliseconds. */
const pause = 20;

/**
 * Says that this process uses the store, so that nothing is removed from it; waits while somebody removes things.
 *
 * Whoever uses a store and whoever removes from it says so first and looks at the others then, so one of two always
 * sees the other. What a process that was killed said counts no more.
 *
 * @param store the folder of the store
 */
export async function takeLease(store: string, signal?: AbortSignal): Promise<Lease> {
  const lease = announce(store, "leases");
  try {
    while (others(store, "pruning").length > 0) await wait(pause, undefined, signal === undefined ? {} : { signal });
    return lease;
  } catch (error) {
    lease.release();
    throw error;
  }
}

/**
 * Says that this process removes things from the store; undefined where somebody uses it.
 *
 * @param store the folder of the store
 */
export function startPruning(store: string): Lease | undefined {
  const pruning = announce(store, "pruning");
  if (others(store, "leases").length === 0) return pruning;
  pruning.release();
  return undefined;
}

function announce(store: string, folder: "leases" | "pruning"): Lease {
  makeFolder(join(store, folder));
  const path = join(store, folder, `${processName()}-${randomBytes(6).toString("hex")}`);
  writeFileSync(path, "");
  return { release: () => rmSync(path, { force: true }) };
}

/** What living processes have said; the words of others are removed on the way. */
function others(store: string, folder: "leases" | "pruning"): readonly string[] {
  return namesIn(join(store, folder)).filter((name) => {
    if (isAlive(name)) return true;
    rmSync(join(store, folder, name), { force: true });
    return false;
  });
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
