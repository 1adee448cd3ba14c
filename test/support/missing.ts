import { accessSync, constants } from "node:fs";
import { findProgram } from "./find-program.ts";

/** Where a machine shows control groups of version 2, alone or beside those of version 1. */
export const unifiedGroups: readonly string[] = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"];

/** What can be needed beside programs. */
const capabilities: Readonly<Record<string, () => boolean>> = {
  root: () => process.getuid?.() === 0,
  linux: () => process.platform === "linux",
  "control groups of version 2": () => unifiedGroups.some((place) => isWritable(`${place}/cgroup.subtree_control`)),
};

/** Names what of `needs` (programs, `root`, `linux` and other capabilities) this machine lacks. */
export function missing(needs: readonly string[]): string[] {
  return needs.filter((need) => {
    const capability = capabilities[need];
    return capability === undefined ? findProgram(need) === undefined : !capability();
  });
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
