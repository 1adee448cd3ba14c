import { readFileSync } from "node:fs";

/**
 * A name for this process that no other process has had or will have: its number and when it started.
 *
 * What a process leaves behind when it is killed carries its name, so that others can tell it from what is in use.
 */
export function processName(): string {
  own ??= `${process.pid}.${startOf(process.pid) ?? 0}`;
  return own;
}

/** Kept: the kernel takes its time to tell, and this is asked for many times. */
let own: string | undefined;

/**
 * Tells whether the process is still there whose name something begins with.
 *
 * What has no such name belongs to nobody. Where the system does not tell when processes started, their numbers have
 * to do.
 */
export function isAlive(name: string): boolean {
  const [, pid, start] = /^(\d+)\.(\d+)/.exec(name) ?? [];
  if (pid === undefined) return false;
  if (start === "0") return exists(Number(pid));
  return startOf(Number(pid)) === start;
}

/** When a process started, in the kernel's own measure (proc(5), `stat`, field 22). */
function startOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The second field is the program's name in brackets, which may hold anything.
    return text.slice(text.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
