import { spawn } from "node:child_process";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { claimFolder } from "./claim-folder.ts";
import { runFolder, runOwner } from "./run-folder.ts";

/** The command of a daemon that stays in the foreground. */
export interface DaemonCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** What makes one daemon of a run. */
export interface DaemonRecipe {
  /** Names the daemon; its folder in the run's folder. */
  readonly name: string;
  /** Writes the configuration into the daemon's folder and says how it is started. */
  prepare(folder: string): DaemonCommand | Promise<DaemonCommand>;
  /** Says whether the daemon answers. */
  isReady(folder: string): Promise<boolean>;
}

const startLimit = 300_000;
const keeper = fileURLToPath(new URL("keep-daemon.mjs", import.meta.url));

/**
 * Starts a daemon of the run, or joins the one another test file has started, and returns its folder once it
 * answers. The daemon is stopped, and its folder removed, when the run ends.
 *
 * @throws with the end of the daemon's log when it ends or does not answer within five minutes.
 */
export async function sharedDaemon(recipe: DaemonRecipe): Promise<string> {
  const folder = join(runFolder(), recipe.name);
  if (claimFolder(folder)) await start(recipe, folder);
  const deadline = Date.now() + startLimit;
  while (!(await recipe.isReady(folder))) {
    if (existsSync(join(folder, "failed"))) throw new Error(describeFailure(recipe.name, folder));
    if (Date.now() > deadline) throw new Error(`${recipe.name} did not answer in time\n${endOfLog(folder)}`);
    await sleep(30);
  }
  return folder;
}

async function start(recipe: DaemonRecipe, folder: string): Promise<void> {
  try {
    const { command, args, env = {} } = await recipe.prepare(folder);
    const order = JSON.stringify({ owner: runOwner(), folder, command, args, env });
    spawn(process.execPath, [keeper, order], { detached: true, stdio: "ignore" }).unref();
  } catch (error) {
    // The files that wait for this daemon have to hear of it too.
    writeFileSync(join(folder, "failed.new"), String(error));
    renameSync(join(folder, "failed.new"), join(folder, "failed"));
    throw error;
  }
}

function describeFailure(name: string, folder: string): string {
  return `${name} ${readFileSync(join(folder, "failed"), "utf8")}\n${endOfLog(folder)}`;
}

function endOfLog(folder: string): string {
  const log = join(folder, "log");
  return existsSync(log) ? readFileSync(log, "utf8").trimEnd().split("\n").slice(-15).join("\n") : "";
}
