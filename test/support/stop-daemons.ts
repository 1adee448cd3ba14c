import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isRunning } from "./is-running.ts";
import { runFolder } from "./run-folder.ts";

/** Stops every daemon of the run that `owner` owns, waits until they are gone, and removes the run's folder. */
export async function stopDaemons(owner: number): Promise<void> {
  const folder = runFolder(owner);
  if (!existsSync(folder)) return;
  const keepers = readdirSync(folder)
    .map((name) => join(folder, name, "keeper"))
    .filter((file) => existsSync(file))
    .map((file) => Number(readFileSync(file, "utf8")));
  for (const pid of keepers) stop(pid);
  while (keepers.some(isRunning)) await sleep(20);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

function stop(pid: number): void {
  try {
    process.kill(pid, "SIGTERM");
  } catch {
    // It has ended by itself.
  }
}
