import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { release, userInfo } from "node:os";
import { join } from "node:path";
import { systemCalls } from "../kernel/system-calls.ts";
import { makeFolder } from "../store/make-folder.ts";
import { usualCapabilities } from "./capabilities.ts";
import { controlGroups, hasUnified } from "./control-group.ts";
import { controllersOf, groupFolder, mayDivide } from "./delegated-group.ts";
import { probeOverlay } from "./probe-overlay.ts";
import { probeSandboxes } from "./probe-sandboxes.ts";
import { seccompProgram } from "./seccomp-program.ts";
import { findUserNamespace, hasSubordinateIds, insideUserNamespace, needsUserNamespace } from "./user-namespace.ts";

/** One thing that commands need, or run better with. */
export interface MachineCheck {
  readonly name: string;
  readonly state: "ok" | "missing";
  /** What was found, or why it is missing. */
  readonly why: string;
  /** How to get it, where it is missing. */
  readonly remedy?: string;
}

/**
 * Finds out what this machine can do for commands, by trying it.
 *
 * @param storeFolder the folder of the store: what a file system can do differs from one to the next
 */
export async function inspectMachine(storeFolder: string): Promise<readonly MachineCheck[]> {
  const linux = process.platform === "linux";
  const kernel: MachineCheck = linux
    ? { name: "kernel", state: "ok", why: `Linux ${release()}` }
    : { name: "kernel", state: "missing", why: `${process.platform}: commands run on Linux only` };
  if (!linux) return [kernel, libraryCheck()];
  makeFolder(storeFolder);
  const ladder = await probeSandboxes(storeFolder);
  return [
    kernel,
    userCheck(),
    namespaceCheck(),
    overlayCheck(storeFolder),
    controlGroupCheck(),
    libraryCheck(),
    filterCheck(storeFolder),
    ...ladder.map(({ name, works, why, remedy }) => ({
      name,
      ...(works
        ? { state: "ok" as const, why: name === "plain" ? "works, without a system call filter" : "works" }
        : { state: "missing" as const, why: why ?? "does not work" }),
      ...(remedy === undefined ? {} : { remedy }),
    })),
  ];
}

function userCheck(): MachineCheck {
  const { username, uid } = userInfo();
  const where = insideUserNamespace() ? ", root inside a user namespace" : "";
  return { name: "user", state: "ok", why: `${username} (${uid})${where}` };
}

function namespaceCheck(): MachineCheck {
  const name = "user namespace";
  if (!insideUserNamespace() && !needsUserNamespace()) return { name, state: "ok", why: "not needed: this is root" };
  const found = insideUserNamespace() ? { single: !hasSubordinateIds() } : findUserNamespace();
  if ("refusal" in found) {
    return { name, state: "missing", why: found.refusal, remedy: found.notes.join("\n") };
  }
  if (!found.single) return { name, state: "ok", why: "with subordinate ids" };
  return {
    name,
    state: "missing",
    why: "only one id: files of an image cannot belong to other users, and package managers that change user fail",
    remedy: "Install uidmap, and give this user a line in /etc/subuid and /etc/subgid: usermod --add-subuids.",
  };
}

function overlayCheck(storeFolder: string): MachineCheck {
  const name = "overlayfs";
  const folder = mkdtempSync(join(storeFolder, "probe-"));
  try {
    const refusal = probeOverlay(folder);
    if (refusal === undefined) return { name, state: "ok", why: `works in ${storeFolder}` };
    return {
      name,
      state: "missing",
      why: refusal,
      remedy: "Put the store on ext4, xfs, btrfs or tmpfs; inside a container that means a volume.",
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function controlGroupCheck(): MachineCheck {
  const name = "control groups";
  const unified = hasUnified();
  const folder = unified ? groupFolder(controlGroups) : join(controlGroups, "pids");
  const version = unified ? 2 : 1;
  try {
    if (unified ? !mayDivide(folder) : insideUserNamespace()) throw new Error("not this user's");
    accessSync(folder, constants.W_OK);
    const controllers = unified ? ` (${controllersOf(folder).join(" ") || "without controllers"})` : "";
    return { name, state: "ok", why: `version ${version}${controllers}` };
  } catch {
    return {
      name,
      state: "missing",
      why: "this user may not make any, so memory, processors and processes of commands are not limited",
      remedy: unified
        ? "Where limits are needed: systemd-run --user --scope -p Delegate=yes strake …, or build as root."
        : "Build as root where limits are needed.",
    };
  }
}

function filterCheck(storeFolder: string): MachineCheck {
  const name = "libseccomp";
  if (seccompProgram(join(storeFolder, "programs"), usualCapabilities) !== undefined) {
    return { name, state: "ok", why: "Docker's system call filter is compiled once" };
  }
  return {
    name,
    state: "missing",
    why: "no system call filter can be compiled: bubblewrap has none, crun compiles its own for every command",
    remedy: "Install libseccomp2 (libseccomp), and koffi.",
  };
}

function libraryCheck(): MachineCheck {
  const name = "koffi";
  try {
    systemCalls();
    return { name, state: "ok", why: "extended attributes and device files can be read and made" };
  } catch (error) {
    return {
      name,
      state: "missing",
      why: (error as Error).message,
      remedy: "Install it beside strake: npm install koffi.",
    };
  }
}
