import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Returns the process whose end is the end of the whole run: all test files of a vitest run, in whatever
 * process they are, agree on it. `global-setup.ts` names it; without it, it is the worker's parent.
 */
export function runOwner(): number {
  return Number(process.env.STRAKE_TEST_OWNER ?? process.ppid);
}

/**
 * Returns the folder that holds everything the test files of one run share.
 *
 * The name is short, because sockets lie in it, and carries the owner's start time, so that a process id used
 * again does not find what an earlier run left behind.
 */
export function runFolder(owner: number = runOwner()): string {
  return join(tmpdir(), `strake-test-${owner}-${startTime(owner)}`);
}

/** Returns when a process started, in clock ticks since boot (field 22 of proc_pid_stat(5)); 0 where unknown. */
function startTime(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "0";
  } catch {
    return "0";
  }
}
