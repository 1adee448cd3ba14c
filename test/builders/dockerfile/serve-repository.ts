import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, renameSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll } from "vitest";
import { project } from "../../support/project.ts";
import { runOrThrow } from "../../support/run-program.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const person = { NAME: "a", EMAIL: "a@b", DATE: "1000000000 +0000" };
const env = Object.fromEntries(
  Object.entries(person).flatMap(([name, value]) => [
    [`GIT_AUTHOR_${name}`, value],
    [`GIT_COMMITTER_${name}`, value],
  ]),
);

/** Serves a git repository with a tag `v1`, branches `main` and `other`; it ends with the test file. */
export async function serveRepository(): Promise<{ readonly REPO: string; readonly COMMIT: string }> {
  const served = temporaryFolder();
  const work = project({ "r.txt": "one\n", "sub/s.txt": "s\n", "run.sh": "#!/bin/sh\n" });
  const git = (...args: string[]): Promise<string> => runOrThrow("git", ["-C", work, ...args], { env });
  await git("init", "-q", "-b", "main");
  await git("add", ".");
  await git("commit", "-qm", "one");
  await git("tag", "v1");
  const commit = (await git("rev-parse", "HEAD")).trim();
  project({ "r.txt": "two\n" }, work);
  await git("commit", "-qam", "two");
  await git("checkout", "-qb", "other", "v1");
  project({ "sub/t.txt": "t\n" }, work);
  await git("add", ".");
  await git("commit", "-qm", "other");
  await git("checkout", "-q", "main");
  mkdirSync(join(served, "repo.git"));
  renameSync(join(work, ".git"), join(served, "repo.git/.git"));
  const port = await freePort();
  const options = ["--reuseaddr", "--listen=127.0.0.1", `--port=${port}`, "--export-all", `--base-path=${served}`];
  const daemon = spawn("git", ["daemon", ...options, served], { stdio: "ignore" });
  afterAll(() => daemon.kill());
  while (!(await listens(port))) await sleep(20);
  return { REPO: `git://127.0.0.1:${port}/repo.git`, COMMIT: commit };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
