import { spawn } from "node:child_process";
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll } from "vitest";
import { freePort } from "./free-port.ts";
import { listens } from "./listens.ts";
import { runOrThrow } from "./run-program.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const person = { NAME: "a", EMAIL: "a@b", DATE: "1000000000 +0000" };

/** Who made commits, and when, so that they are the same in every run. */
export const gitPerson: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(person).flatMap(([name, value]) => [
    [`GIT_AUTHOR_${name}`, value],
    [`GIT_COMMITTER_${name}`, value],
  ]),
);

/**
 * Serves the git repository of a folder with `git daemon`, until the test file has ended; the folder loses its `.git`.
 *
 * @param folder one without a repository gets one, with all its files in one commit on `main`
 * @returns the address
 */
export async function serveGit(folder: string): Promise<string> {
  const git = (...args: string[]) => runOrThrow("git", ["-C", folder, ...args], { env: gitPerson });
  if (!existsSync(join(folder, ".git"))) {
    await git("init", "-q", "-b", "main");
    await git("add", ".");
    await git("commit", "-qm", "all");
  }
  const served = temporaryFolder();
  mkdirSync(join(served, "repo.git"));
  renameSync(join(folder, ".git"), join(served, "repo.git/.git"));
  const port = await freePort();
  const options = ["--reuseaddr", "--listen=127.0.0.1", `--port=${port}`, "--export-all", `--base-path=${served}`];
  const daemon = spawn("git", ["daemon", ...options, served], { stdio: "ignore" });
  afterAll(() => daemon.kill());
  while (!(await listens(port))) {
    if (daemon.exitCode !== null) throw new Error(`git daemon ended with ${daemon.exitCode}`);
    await sleep(20);
  }
  return `git://127.0.0.1:${port}/repo.git`;
}
