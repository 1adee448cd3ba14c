import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** The one mapping of the first user namespace: everything to itself (user_namespaces(7)). */
const wholeRange = "0 0 4294967295";

/** Whether this process is root only inside a user namespace. */
export function insideUserNamespace(): boolean {
  try {
    return readFileSync("/proc/self/uid_map", "utf8").trim().split(/\s+/).join(" ") !== wholeRange;
  } catch {
    return false;
  }
}

/** Whether the user namespace of this process has more than one user. */
export function hasSubordinateIds(): boolean {
  const ranges = readFileSync("/proc/self/uid_map", "utf8").trim().split("\n");
  return ranges.some((range) => Number(range.trim().split(/\s+/)[2]) > 1);
}

/** Whether this process has to start itself again to be able to mount and to change owners. */
export function needsUserNamespace(): boolean {
  return process.platform === "linux" && process.getuid?.() !== 0;
}

/** How a program is started in a user namespace, or why that cannot be done. */
export type UserNamespace =
  | {
      readonly command: readonly string[];
      /** There is one user only: files cannot belong to others. */
      readonly single: boolean;
    }
  | { readonly refusal: string; readonly notes: readonly string[] };

/**
 * Finds out, by trying, how this user can have a user namespace.
 *
 * With subordinate ids (`/etc/subuid`, and the setuid programs of the package uidmap) files can belong to any user of an
 * image; without, to one only.
 */
export function findUserNamespace(): UserNamespace {
  const many = ["unshare", "--user", "--map-auto", "--map-root-user", "--mount", "--propagation", "private"];
  if (works(many)) return { command: many, single: false };
  const one = ["unshare", "--user", "--map-root-user", "--mount", "--propagation", "private"];
  if (works(one)) return { command: one, single: true };
  return {
    refusal: "this user cannot make user namespaces",
    notes: [
      "Commands need them, or root. What may stand in the way:",
      "  sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone (Debian),",
      "  kernel.apparmor_restrict_unprivileged_userns (Ubuntu), or a container's seccomp profile.",
    ],
  };
}

function works([program = "", ...args]: readonly string[]): boolean {
  return spawnSync(program, [...args, "true"], { stdio: "ignore" }).status === 0;
}
