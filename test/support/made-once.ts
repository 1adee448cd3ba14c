import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Makes a folder that many processes want and that is kept for later runs: one process makes it, the others wait,
 * and it appears whole or not at all.
 */
export async function madeOnce(folder: string, make: (unfinished: string) => Promise<void>): Promise<string> {
  const lock = `${folder}.lock`;
  mkdirSync(dirname(folder), { recursive: true });
  while (!existsSync(folder)) {
    if (!takeLock(lock)) {
      await sleep(50);
      continue;
    }
    const unfinished = `${folder}.${process.pid}`;
    try {
      if (existsSync(folder)) break;
      mkdirSync(unfinished);
      await make(unfinished);
      renameSync(unfinished, folder);
    } finally {
      rmSync(unfinished, { recursive: true, force: true });
      rmSync(lock, { force: true });
    }
  }
  return folder;
}

/** Takes the lock unless a living process holds it. */
function takeLock(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    if (!isHeld(lock)) rmSync(lock, { force: true });
    return false;
  }
}

function isHeld(lock: string): boolean {
  try {
    const holder = Number(readFileSync(lock, "utf8"));
    // Empty for the moment between its creation and its first byte.
    if (holder !== 0) process.kill(holder, 0);
    return true;
  } catch (error) {
    // One that is gone was let go, and the next may belong to somebody else.
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
