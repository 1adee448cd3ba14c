import { readFileSync } from "node:fs";

/** Tells whether a process runs; one that has ended and that nobody has asked about yet does not (proc_pid_stat(5)). */
export function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return !["Z", "X"].includes(stat.slice(stat.lastIndexOf(")") + 2)[0] ?? "");
  } catch {
    return false;
  }
}
