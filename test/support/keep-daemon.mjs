// Runs one daemon for a test run and ends with it: started detached by `shared-daemon.ts`, it stops the daemon and
// removes its folder when it is told to (SIGTERM) and also when the run's owner is gone, however that ended.
//
// argv: JSON of { owner, folder, command, args, env }

import { spawn } from "node:child_process";
import { openSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** @type {{ owner: number, folder: string, command: string, args: string[], env: Record<string, string> }} */
const { owner, folder, command, args, env } = JSON.parse(process.argv[2] ?? "{}");

let running = true;
let stopping = false;
// Before anybody can know of this process or of the daemon, and want them stopped.
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => void stop());
writeWhole("keeper", String(process.pid));
const log = openSync(join(folder, "log"), "a");
const daemon = spawn(command, args, {
  cwd: folder,
  env: { ...process.env, ...env },
  // A process group of its own, so that what the daemon starts can be ended with it.
  detached: true,
  stdio: ["ignore", log, log],
});
daemon.on("error", (error) => fail(error.message));
daemon.on("exit", (code, signal) => fail(`ended with ${signal ?? code}`));
setInterval(() => isAlive(owner) || void stop(), 200);

async function stop() {
  if (stopping) return;
  stopping = true;
  if (running) daemon.kill("SIGTERM");
  for (let waited = 0; running && waited < 15_000; waited += 50) await sleep(50);
  if (running) daemon.kill("SIGKILL");
  while (running) await sleep(20);
  for (let waited = 0; processesNaming(folder).length > 0 && waited < 5000; waited += 20) {
    for (const pid of processesNaming(folder)) kill(pid);
    await sleep(20);
  }
  for (const point of mountsUnder(folder).reverse()) await unmount(point);
  rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  removeIfEmpty(dirname(folder));
  process.exit(0);
}

/**
 * The run's folder goes with its last daemon.
 *
 * @param {string} path
 */
function removeIfEmpty(path) {
  try {
    rmdirSync(path);
  } catch {
    // Another daemon still runs, or the run has removed it.
  }
}

/** @param {string} reason */
function fail(reason) {
  running = false;
  if (stopping) return;
  writeWhole("failed", reason);
}

/**
 * Whoever finds a file of the daemon's folder finds all of it.
 *
 * @param {string} name
 * @param {string} text
 */
function writeWhole(name, text) {
  writeFileSync(join(folder, `${name}.new`), text);
  renameSync(join(folder, `${name}.new`), join(folder, name));
}

/** @param {number} pid */
function kill(pid) {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/**
 * Processes the daemon left behind: they carry the path of its folder in their arguments.
 *
 * @param {string} path
 */
function processesNaming(path) {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => readOrEmpty(`/proc/${name}/cmdline`).includes(path + "/"))
    .map(Number);
}

/** @param {string} path */
function mountsUnder(path) {
  return readOrEmpty("/proc/self/mountinfo")
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .filter((point) => point.startsWith(path + "/"));
}

/** @param {string} point */
function unmount(point) {
  return new Promise((resolve) => spawn("umount", ["-l", point], { stdio: "ignore" }).on("close", resolve));
}

/** @param {string} path */
function readOrEmpty(path) {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
