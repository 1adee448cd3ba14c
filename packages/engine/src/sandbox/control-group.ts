import { existsSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CommandLimits } from "@strake/core";
import { processName } from "../kernel/process-name.ts";
import { readIfPresent } from "../store/atomic-file.ts";

/** A group of processes that the kernel limits together. */
export interface ControlGroup {
  /** Files that a shell writes `0` to, to become part of the group. */
  readonly members: readonly string[];
  /** Whether a command ended as it did because the kernel ended something of the group for want of memory. */
  ranOutOfMemory(code: number): boolean;
  remove(): void;
}

const root = "/sys/fs/cgroup";

/** More processes than any build needs, and fewer than a machine can bear. */
const mostProcesses = 16_384;

/** The period over which processor time is counted, in microseconds (the kernel's own default). */
const period = 100_000;

let made = 0;

/**
 * Makes a group for one command, with what this machine offers: control groups of version 2, or of version 1.
 *
 * Without the right to, there is none, and nothing is limited.
 */
export function makeControlGroup(limits: CommandLimits): ControlGroup | undefined {
  made += 1;
  const name = `strake-${processName()}-${made}`;
  const settings = existsSync(join(root, "cgroup.controllers")) ? unified(limits) : byController(limits);
  const folders: string[] = [];
  for (const [controller, files] of settings) {
    const folder = join(root, controller, name);
    try {
      mkdirSync(folder);
      folders.push(folder);
      for (const [file, value] of files) writeFileSync(join(folder, file), value);
    } catch {
      // A controller that is not there, or not ours to use, limits nothing.
    }
  }
  if (folders.length === 0) return undefined;
  return {
    members: folders.map((folder) => join(folder, "cgroup.procs")),
    ranOutOfMemory: (code) => code !== 0 && folders.some((folder) => hasKilled(folder, code === killed)),
    remove: () => folders.forEach(removeGroup),
  };
}

type Settings = readonly (readonly [string, readonly (readonly [string, string])[]])[];

function unified({ memory, cpus, processes = mostProcesses }: CommandLimits): Settings {
  return [
    [
      "",
      [
        ["pids.max", String(processes)],
        ...(memory === undefined
          ? []
          : ([
              ["memory.max", String(memory)],
              ["memory.swap.max", "0"],
            ] as const)),
        ...(cpus === undefined ? [] : ([["cpu.max", `${Math.round(cpus * period)} ${period}`]] as const)),
      ],
    ],
  ];
}

function byController({ memory, cpus, processes = mostProcesses }: CommandLimits): Settings {
  return [
    ["pids", [["pids.max", String(processes)]]],
    ...(memory === undefined ? [] : ([["memory", [["memory.limit_in_bytes", String(memory)]]]] as const)),
    ...(cpus === undefined
      ? []
      : ([
          [
            "cpu",
            [
              ["cpu.cfs_period_us", String(period)],
              ["cpu.cfs_quota_us", String(Math.round(cpus * period))],
            ],
          ],
        ] as const)),
  ];
}

/** The status of a command that was killed. */
const killed = 137;

/** Version 1 counts for a group above only that there was too little, which may have done no harm. */
function hasKilled(folder: string, wasKilled: boolean): boolean {
  const counts = ["memory.events", "memory.oom_control"].map((file) => readIfPresent(join(folder, file)) ?? "");
  if (counts.some((text) => /^oom_kill [1-9]/m.test(text))) return true;
  return wasKilled && Number(readIfPresent(join(folder, "memory.failcnt")) ?? 0) > 0;
}

/** A group can be removed once the kernel has seen its last process go, which takes a moment. */
function removeGroup(folder: string): void {
  for (let attempt = 0; attempt < 50; attempt++) {
    try {
      rmdirSync(folder);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EBUSY") return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
    }
  }
}
