import { existsSync, readdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { isAlive } from "../kernel/process-name.ts";

/**
 * Removes a control group and those below it.
 *
 * @param patient waits for the kernel to see its last process go, which takes a moment
 */
export function removeGroup(folder: string, patient = true): void {
  // A runtime that was killed leaves the groups that it made below.
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeGroup(join(folder, entry.name), patient);
  }
  for (let attempt = 0; attempt < (patient ? 50 : 1); attempt++) {
    try {
      rmdirSync(folder);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EBUSY") return;
      if (patient) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
    }
  }
}

/** Removes the groups of a name that a runtime has made, under every controller. */
export function removeControlGroups(root: string, name: string): void {
  for (const folder of hierarchies(root)) if (existsSync(join(folder, name))) removeGroup(join(folder, name));
}

/** Removes the groups that builders left which were killed. */
export function sweepGroups(root: string, ...others: readonly string[]): void {
  for (const folder of new Set([...hierarchies(root), ...others])) {
    for (const name of names(folder)) {
      const [, owner] = /^strake-(\d+\.\d+)-/.exec(name) ?? [];
      if (owner !== undefined && !isAlive(owner)) tryRemove(join(folder, name));
    }
  }
}

/** The folder of control groups, and with version 1 that of every controller. */
function hierarchies(root: string): readonly string[] {
  return [root, ...names(root).map((name) => join(root, name))];
}

function names(folder: string): readonly string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch {
    return [];
  }
}

function tryRemove(folder: string): void {
  try {
    removeGroup(folder, false);
  } catch {
    // Another process did it.
  }
}
