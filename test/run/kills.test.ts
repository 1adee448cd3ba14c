import { execFileSync, spawn } from "node:child_process";
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
  it(`at any of ${kills} instants (STRAKE_TEST_SEED=${seed}) leaves a store that builds the right image`, async () => {
    const mark = `kills-${process.pid}-${seed}`;
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
    const right = await runStrake(["build", "-q"], { cwd });
    expect(right.status, right.stderr).toBe(0);
    const build = ["build", "-q", "-o", "type=oci,dest=-"];
    const whole = await timeOf(() => runStrake(build, { cwd }));
    const next = random(seed);
    const instants = Array.from({ length: kills }, () => next() * whole * 1.1);
    const wrong: string[] = [];
    const worker = async () => {
      let home = temporaryFolder();
      for (let turn = 1; ; turn++) {
        const instant = instants.pop();
        if (instant === undefined) return;
        await killAfter(instant, cwd, home);
        // What is left is built upon some of the time, and always whole.
        const again = await runStrake(["build", "-q"], { cwd, home });
        if (again.status !== 0 || again.stdout !== right.stdout) wrong.push(`${instant} ms: ${again.stderr}${again.stdout}`);
        wrong.push(...storeFaults(home).map((fault) => `${instant} ms: blob ${fault}`));
        home = temporaryFolder();
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    expect(wrong).toEqual([]);
    expect(processesWith(mark)).toEqual([]);
    expect(readFileSync("/proc/self/mountinfo", "utf8")).not.toContain("strake-run-");
  });
});
