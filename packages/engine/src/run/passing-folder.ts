import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isAlive, processName } from "../kernel/process-name.ts";

const beginning = "strake-run-";

/** Whether this process has looked for what others left. */
let swept = false;

/**
 * Makes a folder for what must not reach a disk, such as the values of secrets: in memory where the system has that.
 *
 * Only its owner can look into it. It goes with the process at the latest, as far as the process ends in order; what was left by
 * one that was killed goes when the next process makes one.
 */
export function makePassingFolder(): PassingFolder {
  const memory = "/dev/shm";
  const place = existsSync(memory) ? memory : tmpdir();
  if (!swept) removeLeftovers(place);
  swept = true;
  const path = mkdtempSync(join(place, `${beginning}${processName()}-`));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A folder that is removed after use. */
export interface PassingFolder {
  readonly path: string;
  remove(): void;
}

function removeLeftovers(place: string): void {
  const names = readdirSync(place).filter((name) => /^strake-run-\d+\.\d+-/.test(name));
  for (const name of names.filter((each) => !isAlive(each.slice(beginning.length)))) {
    try {
      rmSync(join(place, name), { recursive: true, force: true });
    } catch {
      // It is another user's, or something in it is still mounted: a later build will find it.
    }
  }
}
