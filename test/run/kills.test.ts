import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { expect, it } from "vitest";
import { storeFaults } from "../support/folder-state.ts";
import { need } from "../support/need.ts";
import { runStrake } from "../support/run-strake.ts";
import { strakeBin } from "../support/strake-bin.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { processesWith, runNeeds, runProject } from "./run-project.ts";

const kills = 200;
const atOnce = 4;
const seed = Number(process.env.STRAKE_TEST_SEED ?? Date.now() % 1_000_000);

/** Numbers from 0 to 1, the same ones for the same seed: mulberry32. */
function random(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

need(...runNeeds)("a builder that is killed", () => {
  it(`at any of ${kills} instants leaves a store that builds the right image`, { timeout: 1_800_000 }, async () => {
    const mark = `kills-${process.pid}-${seed}`;
    console.log(`STRAKE_TEST_SEED=${seed}`);
    const cwd = await runProject(
      `const part = base.run("echo part > /part; ln /part /other; sleep 0.01");
export const app = base
  .copy("a.txt", "/a")
  .run("for i in $(seq 1 50); do echo $i > /file-$i; done; : ${mark}")
  .run("rm /file-1; mkdir /folder; mv /file-2 /folder; echo $(cat /mnt/n 2>/dev/null) >> /mnt/n", { mounts: [cache("/mnt")] })
  .copy("/part", "/part", { from: part })
  .run("cat /file-* > /all; rm -rf /folder; sleep 0.02 & wait");`,
      { "a.txt": "a\n" },
    );
    const whole = await runStrake(["build", "-q"], { cwd });
    expect(whole.status, whole.stderr).toBe(0);
    const next = random(seed);
    const instants = Array.from({ length: kills }, () => next() * whole.ms);
    const wrong: string[] = [];
    const killed = new Set<number>();
    const homes: string[] = [];
    const worker = async () => {
      let home = temporaryFolder();
      for (let turn = 1; instants.length > 0; turn++) {
        const instant = instants.pop() ?? 0;
        killed.add(await killAfter(instant, cwd, home));
        const after = await runStrake(["build", "-q"], { cwd, home });
        if (after.status !== 0 || after.stdout !== whole.stdout) {
          wrong.push(`after ${instant} ms: ${after.stderr}${after.stdout}`);
        }
        // Some stores have seen several kills, and what was built between them.
        if (turn % 5 !== 0) continue;
        homes.push(home);
        // What was being written may be left; strake prune removes it.
        wrong.push(...storeFaults(home).filter((name) => !name.endsWith(".tmp")));
        home = temporaryFolder();
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    expect(wrong).toEqual([]);
    await expect.poll(() => processesWith(mark)).toEqual([]);
    const mounts = readFileSync("/proc/self/mountinfo", "utf8");
    expect(homes.filter((home) => mounts.includes(home))).toEqual([]);
    expect((await runStrake(["build", "-q"], { cwd })).stdout).toBe(whole.stdout);
    // The number of one that was killed may be that of another now, which removes what it has when it ends.
    const left = () => readdirSync("/dev/shm").map((name) => Number(/^strake-run-(\d+)\./.exec(name)?.[1]));
    await expect.poll(() => left().filter((pid) => killed.has(pid))).toEqual([]);
  });
});

need(...runNeeds)("a builder that is killed while one command runs and a shell waits for the next", () => {
  it("takes both with it", async () => {
    const mark = `kills-waiting-${process.pid}`;
    const cwd = await runProject(`export const app = base.run("sleep 500; : ${mark}").run("true");`);
    const child = startBuild(cwd, temporaryFolder());
    await expect.poll(() => processesWith(mark)).not.toEqual([]);
    const outer = () => childrenOf(child.pid ?? 0).filter((pid) => nameOf(pid) === "unshare");
    const below = () => outer().flatMap((pid) => [pid, ...childrenOf(pid)]);
    await expect.poll(() => below().length).toBe(4);
    const all = below();
    child.kill("SIGKILL");
    const left = () => all.filter((pid) => existsSync(`/proc/${pid}`));
    await expect.poll(left).toEqual([]);
    expect(processesWith(mark)).toEqual([]);
  });
});

/** The processes that a process has started, and that are there. */
function childrenOf(pid: number): readonly number[] {
  const tasks = readdirSync(`/proc/${pid}/task`).map((task) => `/proc/${pid}/task/${task}/children`);
  return tasks.flatMap((file) => readFileSync(file, "utf8").split(" ").filter(Boolean).map(Number));
}

function nameOf(pid: number): string {
  return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
}

function startBuild(cwd: string, home: string): ChildProcess {
  return spawn(process.execPath, [strakeBin, "build", "-q", "--no-cache"], {
    cwd,
    env: { ...process.env, CI: undefined, STRAKE_HOME: home },
    stdio: "ignore",
  });
}

/** Starts a build of everything, and kills its process, and none of those it started; returns its number. */
async function killAfter(milliseconds: number, cwd: string, home: string): Promise<number> {
  const child = startBuild(cwd, home);
  const ended = new Promise((resolve) => child.once("close", resolve));
  await wait(milliseconds);
  child.kill("SIGKILL");
  await ended;
  return child.pid ?? 0;
}
