import { readdirSync, readFileSync } from "node:fs";

/** Stopping one process takes a moment in which another may start more. */
const mostTurns = 100;

/**
 * Stops what runs in a container, so that its files rest.
 *
 * Those of its processes that make the container go on: they are not in its innermost namespace of processes.
 *
 * @param runner the process that runs the container
 * @returns lets everything go on
 * @throws the system's error where a process may not be stopped; all others go on then
 */
export function pauseProcesses(runner: number): () => void {
  const stopped = new Set<number>();
  const resume = () => {
    for (const pid of stopped) signal(pid, "SIGCONT");
  };
  try {
    for (let turn = 0; turn < mostTurns; turn++) {
      const running = innermost(descendants(runner)).filter((pid) => !stopped.has(pid));
      if (running.length === 0) break;
      for (const pid of running) if (signal(pid, "SIGSTOP")) stopped.add(pid);
    }
  } catch (error) {
    resume();
    throw error;
  }
  return resume;
}

/** Sends a signal; tells whether the process was there. */
function signal(pid: number, name: "SIGSTOP" | "SIGCONT"): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    throw error;
  }
}

/** All processes that a process has started, and those that they have. */
function descendants(of: number): readonly number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc").filter((each) => /^\d+$/.test(each))) {
    const parent = Number(field(name, "PPid"));
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found: number[] = [];
  for (const pending = [of]; pending.length > 0; ) {
    const below = children.get(pending.pop() as number) ?? [];
    found.push(...below);
    pending.push(...below);
  }
  return found;
}

/** Those that most namespaces of processes lie around. */
function innermost(pids: readonly number[]): readonly number[] {
  const depths = new Map(pids.map((pid) => [pid, field(String(pid), "NSpid").split(/\s+/).length]));
  const deepest = Math.max(...depths.values());
  return pids.filter((pid) => depths.get(pid) === deepest);
}

/** A field of what the kernel says of a process (proc(5), `status`); empty for one that is gone. */
function field(pid: string, name: string): string {
  try {
    const text = readFileSync(`/proc/${pid}/status`, "utf8");
    return new RegExp(`^${name}:\\s*(.*)$`, "m").exec(text)?.[1] ?? "";
  } catch {
    return "";
  }
}
