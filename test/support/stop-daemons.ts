import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { runFolder } from "./run-folder.ts";

/** Stops every daemon of the run that `owner` owns, waits until they are gone, and removes the run's folder. */
export async function stopDaemons(owner: number): Promise<void> {
  const folder = runFolder(owner);
  if (!existsSync(folder)) return;
  const keepers = readdirSync(folder)
    .map((name) => join(folder, name, "keeper"))
    .filter((file) => existsSync(file))
    .map((file) => Number(readFileSync(file, "utf8")));
  for (const pid of keepers) signal(pid, "SIGTERM");
  while (keepers.some((pid) => signal(pid, 0))) await sleep(20);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** Sends a signal; false when the process is gone. */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
