import { randomBytes } from "node:crypto";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Lock, tryLock } from "./lock.ts";

/** A process's word that it is using the store; letting go of it twice is as letting go once. */
export type Lease = Lock;

/**
 * Takes a lease on a store.
 *
 * It is a locked file below `leases`, so it ends with the process that holds it, however that ends.
 *
 * @param store the folder of the store
 */
export function takeLease(store: string): Lease {
  for (;;) {
    const lease = tryLock(join(store, "leases", `${process.pid}-${randomBytes(6).toString("hex")}`));
    // Undefined where a sweep took the new file for one left behind: another name is as good.
    if (lease !== undefined) return lease;
  }
}

/**
 * The moment the oldest lease that is still held was taken, in milliseconds since 1970, or undefined without any.
 *
 * Files of leases whose holders have died are removed on the way.
 *
 * @param store the folder of the store
 */
export function oldestLease(store: string): number | undefined {
  const folder = join(store, "leases");
  let oldest: number | undefined;
  for (const name of namesIn(folder)) {
    const taken = statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs;
    if (taken === undefined) continue;
    const abandoned = tryLock(join(folder, name));
    if (abandoned !== undefined) abandoned.release();
    else oldest = Math.min(oldest ?? taken, taken);
  }
  return oldest;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
