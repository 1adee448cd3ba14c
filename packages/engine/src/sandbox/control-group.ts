import { existsSync, mkdirSync, readdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { type CommandLimits, StrakeError } from "@strake/core";
import { processName } from "../kernel/process-name.ts";
import { readIfPresent } from "../store/atomic-file.ts";

/** A group of processes that the kernel limits together. */
export interface ControlGroup {
  /** The lines with which a shell that stands in the folder of control groups becomes part of the group. */
  readonly joining: readonly string[];
  /** Whether a command ended as it did because the kernel ended something of the group for want of memory. */
  ranOutOfMemory(code: number): boolean;
  remove(): void;
}

/** Where the kernel shows its control groups. */
export const controlGroups = "/sys/fs/cgroup";
const root = controlGroups;

/** More processes than any build needs, and fewer than a machine can bear. */
const mostProcesses = 16_384;

/** The period over which processor time is counted, in microseconds (the kernel's own default). */
const period = 100_000;

let made = 0;

/**
 * Makes a group for one command, with what this machine offers: control groups of version 2, or of version 1.
 *
 * Without the right to, only processes are limited.
 *
 * @throws StrakeError `limits-unavailable`
 */
export function makeControlGroup(limits: CommandLimits): ControlGroup {
  made += 1;
  const name = `strake-${processName()}-${made}`;
  const asked = limits.memory !== undefined || limits.cpus !== undefined || limits.processes !== undefined;
  const settings = existsSync(join(root, "cgroup.controllers")) ? unified(limits) : byController(limits);
  const folders: string[] = [];
  const refused: string[] = [];
  for (const [controller, files] of settings) {
    const folder = join(root, controller, name);
    try {
      mkdirSync(folder);
      folders.push(folder);
    } catch {
      // A controller that is not there, or not ours to use, limits nothing.
      refused.push(...files.map(([file]) => file));
      continue;
    }
    for (const [file, value] of files) if (!tryWrite(join(folder, file), value)) refused.push(file);
  }
  if (folders.length === 0) return withoutGroups(limits);
  if (refused.some((file) => isAsked(file, limits))) {
    folders.forEach(removeGroup);
    return withoutGroups(limits);
  }
  return {
    // Where nobody asked for a limit, going without is better than not running.
    joining: folders.map(
      (folder) => `echo 0 > ${relative(root, folder)}/cgroup.procs${asked ? "" : " 2>/dev/null || :"}`,
    ),
    ranOutOfMemory: (code) => code !== 0 && folders.some((folder) => hasKilled(folder, code === killed)),
    remove: () => folders.forEach(removeGroup),
  };
}

function tryWrite(file: string, value: string): boolean {
  try {
    writeFileSync(file, value);
    return true;
  } catch {
    return false;
  }
}

/** Whether a setting is one that somebody asked for; machines without swap have no limit for it. */
function isAsked(file: string, { memory, cpus }: CommandLimits): boolean {
  if (/^memory\.(max|limit_in_bytes)$/.test(file)) return memory !== undefined;
  return file.startsWith("cpu.") && cpus !== undefined;
}

/**
 * What can be limited by a process itself: how many of this user there are.
 *
 * @throws StrakeError `limits-unavailable`, where a limit was asked for that needs a group
 */
function withoutGroups({ memory, cpus, processes = mostProcesses }: CommandLimits): ControlGroup {
  const asked = memory !== undefined ? "memory" : cpus !== undefined ? "processor time" : undefined;
  if (asked !== undefined) {
    throw new StrakeError({
      code: "limits-unavailable",
      message: `the ${asked} of commands cannot be limited here: this user may not make control groups`,
      notes: ["Build as root, or leave the limit out."],
    });
  }
  return {
    joining: [`prlimit --pid $$ --nproc=${processes} 2>/dev/null || :`],
    ranOutOfMemory: () => false,
    remove: () => {},
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
  // A runtime that was killed leaves the groups that it made below.
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeGroup(join(folder, entry.name));
  }
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

/** Removes the groups of a name that a runtime has made, under every controller. */
export function removeControlGroups(name: string): void {
  const controllers = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const folder of [root, ...controllers.map((entry) => join(root, entry.name))]) {
    if (existsSync(join(folder, name))) removeGroup(join(folder, name));
  }
}
