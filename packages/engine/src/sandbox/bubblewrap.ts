import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { capabilitiesOf } from "./capabilities.ts";
import { commandEnvironment, limitingProgram } from "./command-environment.ts";
import { findProgram } from "./find-program.ts";
import { defaultShmSize, maskedPaths, readonlyPaths } from "./kernel-paths.ts";
import { plainSandbox } from "./plain.ts";
import { type InnerMount, type PreparedJob, prepareJob } from "./prepare-job.ts";
import { runChain } from "./run-chain.ts";
import type { Sandbox, SandboxExit, SandboxIo, SandboxJob } from "./sandbox.ts";
import { KeptProgram } from "./seccomp-program.ts";
import { quote, shellCommand } from "./shell-words.ts";
import { WaitingShells } from "./waiting-shells.ts";

/**
 * Runs commands with bubblewrap.
 *
 * It cannot become one of several users of an image; commands of others than root run as with plain namespaces.
 *
 * @param programs the folder in which the compiled system call filter is kept
 */
export function bubblewrapSandbox(programs: string): Sandbox {
  const shells = new WaitingShells();
  const filter = new KeptProgram(programs);
  const plain = plainSandbox(shells);
  return {
    name: "bubblewrap",
    run: (job, io) => {
      return job.user.uid === 0 && job.user.gid === 0 ? runBubblewrap(shells, filter, job, io) : plain.run(job, io);
    },
    expect: () => shells.expect(),
    close: () => shells.close(),
  };
}

async function runBubblewrap(
  shells: WaitingShells,
  filter: KeptProgram,
  job: SandboxJob,
  io: SandboxIo,
): Promise<SandboxExit> {
  const prepared = prepareJob(job);
  const program = findProgram("bwrap")?.path ?? "bwrap";
  const limits = [...limitingProgram(job), ...withGroups(job.user.groups)];
  writeFileSync(join(prepared.job.scratch, "environment"), environmentOptions(job), { mode: 0o600 });
  const filterFile = job.security === "insecure" ? undefined : filter.get(capabilitiesOf(job))?.file;
  const open = [...["--args", "7"], ...(filterFile === undefined ? [] : ["--seccomp", "8"])];
  return runChain(shells, prepared, io, {
    network: job.network,
    script: [
      ...prepared.mountCommands,
      "exec 7< environment",
      ...(filterFile === undefined ? [] : [`exec 8< ${quote(filterFile)}`]),
    ],
    last: `exec ${shellCommand([...limits, program, ...open, ...bubblewrapArguments(prepared), "--", ...job.args])}`,
  });
}

/** The environment as options, from a file: what a process is called with can be seen by every user. */
function environmentOptions(job: SandboxJob): string {
  const set = commandEnvironment(job).flatMap((each) => {
    const at = each.indexOf("=");
    return ["--setenv", each.slice(0, at), each.slice(at + 1)];
  });
  return ["--clearenv", ...set].map((word) => `${word}\0`).join("");
}

/** bubblewrap keeps the groups it is started with, so they are set before. */
function withGroups(groups: readonly number[]): readonly string[] {
  // In a user namespace of a single id nobody may.
  if (readFileSync("/proc/self/setgroups", "utf8").trim() === "deny") return [];
  const option = groups.length === 0 ? ["--clear-groups"] : ["--groups", groups.join(",")];
  return [findProgram("setpriv")?.path ?? "setpriv", ...option];
}

function bubblewrapArguments({ job, root, mounts, cwd }: PreparedJob): readonly string[] {
  const insecure = job.security === "insecure";
  const shmSize = job.limits.shmSize ?? defaultShmSize;
  return [
    ...["--bind", root, "/", "--proc", "/proc", "--dev", "/dev"],
    ...["--size", `${shmSize}`, "--perms", "1777", "--tmpfs", "/dev/shm"],
    ...[insecure ? "--dev-bind" : "--ro-bind", "/sys", "/sys"],
    ...mounts.flatMap(mountArguments),
    ...(insecure ? [] : hideKernel()),
    ...["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--hostname", job.hostname],
    ...["--die-with-parent", "--dir", cwd, "--chdir", job.cwd],
    ...(job.readonlyRoot ? ["--remount-ro", "/"] : []),
    ...(insecure ? [] : ["--cap-drop", "ALL"]),
    ...(insecure ? ["--cap-add", "ALL"] : capabilitiesOf(job).flatMap((name) => ["--cap-add", name])),
  ];
}

function mountArguments(mount: InnerMount): readonly string[] {
  if (mount.type === "tmpfs") {
    const size = mount.size === undefined ? [] : ["--size", `${mount.size}`];
    return [...size, "--perms", "1777", "--tmpfs", mount.target];
  }
  return [mount.readonly ? "--ro-bind" : "--bind", mount.source, mount.target];
}

function hideKernel(): readonly string[] {
  return [
    ...maskedPaths
      .filter((path) => existsSync(path))
      .flatMap((path) => (statSync(path).isDirectory() ? ["--tmpfs", path] : ["--ro-bind", "/dev/null", path])),
    ...readonlyPaths.filter((path) => existsSync(path)).flatMap((path) => ["--ro-bind", path, path]),
  ];
}
