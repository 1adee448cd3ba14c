import { accessSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { readIfPresent } from "../store/atomic-file.ts";

/** The group that takes the processes of a group which is to have others below it. */
const rest = "strake-rest";

/** A control group of version 2 in which this process may make others. */
export interface DelegatedGroup {
  readonly folder: string;
  /** The controllers that groups below it have, of those that were wanted. */
  readonly controllers: readonly string[];
}

/**
 * Finds the control group in which this process may make others, with controllers.
 *
 * It is the root of all where that is ours, otherwise the group that this process is in. The kernel lets no group but
 * the root have both processes and controllers for those below, so its processes may have to go into one of those.
 *
 * @param root where version 2 is shown
 * @param wanted the controllers that groups below shall have
 * @param move whether processes may be moved for that, this process and those beside it
 */
export function delegatedGroup(root: string, wanted: readonly string[], move: boolean): DelegatedGroup {
  const folder = groupFolder(root);
  const lacking = () => wanted.filter((name) => !hasBelow(folder, name) && !enable(folder, name));
  let missing = lacking();
  if (missing.length > 0 && move && missing.some((name) => controllersOf(folder).includes(name))) {
    moveProcesses(folder);
    missing = lacking();
  }
  return { folder, controllers: wanted.filter((name) => !missing.includes(name)) };
}

/** The group in which this process may make others, if it may. */
export function groupFolder(root: string): string {
  if (!existsSync(join(root, "cgroup.type")) && mayDivide(root)) return root;
  const own = ownGroup();
  // One that an earlier command of this shell was moved to.
  return join(root, basename(own) === rest ? dirname(own) : own).replace(/\/$/, "");
}

/** The path of the group of version 2 that this process is in, from the root that it sees. */
export function ownGroup(): string {
  const [, path = "/"] = /^0::(\/.*)$/m.exec(readIfPresent("/proc/self/cgroup") ?? "") ?? [];
  return path;
}

/** Whether this process may make groups below a group, and move processes to them. */
export function mayDivide(folder: string): boolean {
  try {
    for (const file of ["cgroup.procs", "cgroup.subtree_control"]) accessSync(join(folder, file), constants.W_OK);
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** The controllers that a group has for itself, and could give to those below it. */
export function controllersOf(folder: string): readonly string[] {
  return words(readIfPresent(join(folder, "cgroup.controllers")));
}

function hasBelow(folder: string, controller: string): boolean {
  return words(readIfPresent(join(folder, "cgroup.subtree_control"))).includes(controller);
}

function words(text: string | undefined): readonly string[] {
  return (text ?? "").split(/\s+/).filter((word) => word !== "");
}

function enable(folder: string, controller: string): boolean {
  return tryWrite(join(folder, "cgroup.subtree_control"), `+${controller}`);
}

/** A process may start another while it is moved, so this is done until none is left. */
function moveProcesses(folder: string): void {
  try {
    mkdirSync(join(folder, rest), { recursive: true });
    for (let turn = 0; turn < 10; turn++) {
      // A process outside the namespace of processes has the number 0 here.
      const pids = words(readFileSync(join(folder, "cgroup.procs"), "utf8")).filter((pid) => pid !== "0");
      if (pids.length === 0) return;
      for (const pid of pids) tryWrite(join(folder, rest, "cgroup.procs"), pid);
    }
  } catch {
    // The group is not ours to divide: its controllers stay as they are.
  }
}

function tryWrite(file: string, text: string): boolean {
  try {
    writeFileSync(file, text);
    return true;
  } catch {
    return false;
  }
}
