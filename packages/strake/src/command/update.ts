import { readLockFile, writeLockFile } from "../compose/lock-file.ts";
import { openLock } from "../lock/open-lock.ts";
import { printUpdate } from "../lock/print-update.ts";
import { updateNames } from "../lock/update-names.ts";
import type { UpdateRequest } from "./request.ts";

/**
 * Looks the names of the lockfile up anew and pins them to what they stand for now.
 *
 * @returns what `strake update` prints: what changed, name by name
 */
export async function updateLock(request: UpdateRequest, signal: AbortSignal): Promise<string> {
  const { dryRun, packages } = request;
  const lock = await openLock(request, dryRun, signal);
  try {
    const names = await updateNames(lock, { packages });
    const removed = lock.names.unused;
    if (!dryRun && names.length + removed.length > 0) {
      const pins = new Map(readLockFile(lock.file));
      for (const key of removed) pins.delete(key);
      for (const { key, after } of names) pins.set(key, after);
      writeLockFile(lock.file, pins);
    }
    return printUpdate({ names, removed, packages, dryRun });
  } finally {
    await lock.session.close();
  }
}
