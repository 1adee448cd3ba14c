import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { type CommandLimits, StrakeError } from "@strake/core";
import { processName } from "../kernel/process-name.ts";
import { readIfPresent } from "../store/atomic-file.ts";
import { controllersOf, delegatedGroup, groupFolder, mayDivide, ownGroup } from "./delegated-group.ts";
import { removeGroup, sweepGroups } from "./remove-group.ts";

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
  // While the first command runs.
  if (made === 0) setImmediate(() => sweepGroups(root, ...(hasUnified() ? [groupFolder(root)] : [])));
  made += 1;
  const name = `strake-${processName()}-${made}`;
  const asked = limits.memory !== undefined || limits.cpus !== undefined || limits.processes !== undefined;
  const folders: string[] = [];
  const refused: string[] = [];
  for (const [parent, files] of hasUnified() ? unified(limits) : byController(limits)) {
    const folder = join(parent, name);
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
    removeGroups(folders);
    return withoutGroups(limits);
  }
  return {
    // Where nobody asked for a limit, going without is better than not running.
    joining: [
      ...folders.map((folder) => `echo 0 > ${relative(root, folder)}/cgroup.procs${asked ? "" : " 2>/dev/null || :"}`),
      ...(refused.includes("pids.max") ? [ownProcesses(limits)] : []),
    ],
    ranOutOfMemory: (code) => code !== 0 && folders.some((folder) => hasKilled(folder, code === killed)),
    remove: () => removeGroups(folders),
  };
}

function removeGroups(folders: readonly string[]): void {
  for (const folder of folders) removeGroup(folder);
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
function withoutGroups(limits: CommandLimits): ControlGroup {
  const { memory, cpus } = limits;
  const asked = memory !== undefined ? "memory" : cpus !== undefined ? "processor time" : undefined;
  if (asked !== undefined) {
    throw new StrakeError({
      code: "limits-unavailable",
      message: `the ${asked} of commands cannot be limited here: ${whyNot()}`,
      notes: [
        ...(hasUnified() ? ["Have a group of its own: systemd-run --user --scope -p Delegate=yes strake …"] : []),
        "Build as root, or leave the limit out.",
      ],
    });
  }
  return {
    joining: [ownProcesses(limits)],
    ranOutOfMemory: () => false,
    remove: () => {},
  };
}

/** The line with which a shell limits the processes of its user, for itself and all that it starts. */
function ownProcesses({ processes = mostProcesses }: CommandLimits): string {
  return `prlimit --pid $$ --nproc=${processes} 2>/dev/null || :`;
}

function whyNot(): string {
  if (!hasUnified()) return "this user may not make control groups";
  const folder = groupFolder(root);
  if (!mayDivide(folder))
    return `this process is in the control group ${ownGroup()}, which is not this user's to divide`;
  return `the control group ${ownGroup()} has only the controllers ${controllersOf(folder).join(", ") || "that all have"}`;
}

/** Whether the machine has control groups of version 2 and no others. */
export function hasUnified(): boolean {
  return existsSync(join(root, "cgroup.controllers"));
}

/** By the folder that the group is made in: its files, and what is written to them. */
type Settings = readonly (readonly [string, readonly (readonly [string, string])[]])[];

function unified({ memory, cpus, processes = mostProcesses }: CommandLimits): Settings {
  const controllers = ["pids", ...(memory === undefined ? [] : ["memory"]), ...(cpus === undefined ? [] : ["cpu"])];
  const { folder } = delegatedGroup(root, controllers, memory !== undefined || cpus !== undefined);
  return [
    [
      folder,
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
    [join(root, "pids"), [["pids.max", String(processes)]]],
    ...(memory === undefined ? [] : ([[join(root, "memory"), [["memory.limit_in_bytes", String(memory)]]]] as const)),
    ...(cpus === undefined
      ? []
      : ([
          [
            join(root, "cpu"),
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
