import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Makes a folder for what must not reach a disk, such as the values of secrets: in memory where the system has that.
 *
 * Only its owner can look into it. It goes with the process at the latest, as far as the process ends in order.
 */
export function makePassingFolder(): PassingFolder {
  const memory = "/dev/shm";
  const path = mkdtempSync(join(existsSync(memory) ? memory : tmpdir(), "strake-run-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A folder that is removed after use. */
export interface PassingFolder {
  readonly path: string;
  remove(): void;
}
