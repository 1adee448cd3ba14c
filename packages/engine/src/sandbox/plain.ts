import { existsSync, statSync } from "node:fs";
import { StrakeError } from "@strake/core";
import { capabilitiesOf } from "./capabilities.ts";
import { limitingProgram, shellEnvironment } from "./command-environment.ts";
import { findProgram } from "./find-program.ts";
import { defaultShmSize, maskedPaths, readonlyPaths } from "./kernel-paths.ts";
import { type InnerMount, type PreparedJob, prepareJob } from "./prepare-job.ts";
import { runChain } from "./run-chain.ts";
import type { Sandbox, SandboxExit, SandboxIo, SandboxJob } from "./sandbox.ts";
import { quote, shellCommand } from "./shell-words.ts";
import { WaitingShells } from "./waiting-shells.ts";

/** The devices that every command has. */
const devices = ["full", "null", "random", "tty", "urandom", "zero"];

const deviceLinks = [
  ["/proc/self/fd", "fd"],
  ["/proc/self/fd/0", "stdin"],
  ["/proc/self/fd/1", "stdout"],
  ["/proc/self/fd/2", "stderr"],
  ["pts/ptmx", "ptmx"],
] as const;

/**
 * Runs commands with what every Linux has: namespaces, mounts and `chroot`, by the programs of util-linux.
 *
 * There is no system call filter. The old root is covered before the command begins, so that leaving the new one leads
 * nowhere.
 */
export function plainSandbox(shells: WaitingShells = new WaitingShells()): Sandbox {
  return {
    name: "plain",
    run: (job, io) => runPlain(shells, job, io),
    expect: () => shells.expect(),
    close: () => shells.close(),
  };
}

async function runPlain(shells: WaitingShells, job: SandboxJob, io: SandboxIo): Promise<SandboxExit> {
  if (!capabilitiesOf(job).includes("CAP_SYS_CHROOT")) throw needsChroot();
  const prepared = prepareJob(job);
  const environment = shellEnvironment(job);
  return runChain(shells, prepared, io, {
    network: job.network,
    script: [
      ...prepared.mountCommands,
      `hostname ${quote(job.hostname)} 2>/dev/null || :`,
      ...systemMounts(prepared),
      ...prepared.mounts.flatMap((mount, at) => mountCommands(mount, prepared.mounts.slice(0, at))),
      ...(job.security === "insecure" ? [] : hideKernel()),
      ...(job.network === "none" ? ["ip link set lo up 2>/dev/null || :"] : []),
      ...staysInside(prepared.cwd, prepared.mounts),
      `mkdir -p ${quote(`root${prepared.cwd}`)}`,
      ...(job.readonlyRoot ? ["mount -o remount,bind,ro root"] : []),
      "cd root",
      "unset OLDPWD",
      "mount -n --move . /",
      ...environment.lines,
    ],
    last: `exec ${shellCommand([...environment.program, ...limitingProgram(job), ...switchUser(job), ...job.args])}`,
  });
}

/** The command itself would have to take its root before it gives the right to up. */
function needsChroot(): StrakeError {
  return new StrakeError({
    code: "capability-unavailable",
    message: "in plain namespaces a command cannot be without CAP_SYS_CHROOT",
    notes: ["Leave it to the command, or run it in crun or runc; strake doctor tells how to get them."],
  });
}

function systemMounts({ job, rootless }: PreparedJob): readonly string[] {
  const shmSize = job.limits.shmSize ?? defaultShmSize;
  const sys =
    rootless && job.network === "host"
      ? "mount --rbind /sys root/sys"
      : `mount -t sysfs -o nosuid,noexec,nodev,${job.security === "insecure" ? "rw" : "ro"} sysfs root/sys`;
  return [
    "mount -t proc -o nosuid,noexec,nodev proc root/proc",
    sys,
    "mount -t tmpfs -o nosuid,strictatime,mode=755,size=65536k tmpfs root/dev",
    "mkdir root/dev/pts root/dev/shm root/dev/mqueue",
    `mount -t devpts -o nosuid,noexec,newinstance,ptmxmode=0666,mode=0620${rootless ? "" : ",gid=5"} devpts root/dev/pts`,
    `mount -t tmpfs -o nosuid,noexec,nodev,mode=1777,size=${shmSize} shm root/dev/shm`,
    "mount -t mqueue -o nosuid,noexec,nodev mqueue root/dev/mqueue 2>/dev/null || :",
    ...devices.flatMap((name) => [`: > root/dev/${name}`, `mount --bind /dev/${name} root/dev/${name}`]),
    ...deviceLinks.map(([target, name]) => `ln -s ${target} root/dev/${name}`),
  ];
}

/**
 * Stops where a path leads out of the root.
 *
 * Links of the layers are followed by now; what is in mounts is not known before.
 */
function staysInside(path: string, earlier: readonly InnerMount[]): readonly string[] {
  if (!earlier.some(({ target }) => `${path}/`.startsWith(`${target}/`))) return [];
  const leads = `$(readlink -m -- ${quote(`root${path}`)})`;
  const refusal = quote(`${path} leads out of the command's file system`);
  return [`case "${leads}" in "$PWD"/root/*) ;; *) echo ${refusal} >&2; exit 1 ;; esac`];
}

function mountCommands(mount: InnerMount, earlier: readonly InnerMount[]): readonly string[] {
  const inside = staysInside(mount.target, earlier);
  const target = quote(`root${mount.target}`);
  // Below a place that something is mounted at, places have to be made now.
  const parent = quote(`root${mount.target.slice(0, mount.target.lastIndexOf("/"))}`);
  if (mount.type === "tmpfs") {
    const size = mount.size === undefined ? "" : `,size=${mount.size}`;
    return [...inside, `mkdir -p ${target}`, `mount -t tmpfs -o nosuid,nodev${size} tmpfs ${target}`];
  }
  const access = mount.readonly ? "ro," : "";
  return [
    ...inside,
    mount.directory ? `mkdir -p ${target}` : `mkdir -p ${parent}; [ -e ${target} ] || : > ${target}`,
    `mount --${mount.directory ? "rbind" : "bind"} ${quote(mount.source)} ${target}`,
    `mount -o remount,bind,${access}nosuid,nodev ${target}`,
  ];
}

function hideKernel(): readonly string[] {
  return [
    ...maskedPaths
      .filter((path) => existsSync(path))
      .map((path) => {
        return statSync(path).isDirectory()
          ? `mount -t tmpfs -o ro tmpfs root${path}`
          : `mount --bind /dev/null root${path}`;
      }),
    ...readonlyPaths
      .filter((path) => existsSync(path))
      .map((path) => {
        return `mount --bind root${path} root${path} && mount -o remount,bind,ro root${path}`;
      }),
  ];
}

/** The programs that become the command: the one gives up rights, the other takes the root. */
function switchUser(job: SandboxJob): readonly string[] {
  const { user, cwd, security } = job;
  const isRoot = user.uid === 0;
  const kept = capabilitiesOf(job).map((name) => `+${name.replace("CAP_", "").toLowerCase()}`);
  const groups = user.groups.length === 0 ? ["--clear-groups"] : ["--groups", user.groups.join(",")];
  return [
    programOf("setpriv"),
    ...["--reuid", `${user.uid}`, "--regid", `${user.gid}`, ...groups],
    ...(security === "insecure" ? [] : ["--bounding-set", ["-all", ...kept].join(",")]),
    // Taking the root needs the one right that another user would not have any more.
    ...(isRoot ? ["--inh-caps", "-all"] : ["--inh-caps", "-all,+sys_chroot", "--ambient-caps", "-all,+sys_chroot"]),
    ...[programOf("unshare"), "--root=.", `--wd=${cwd}`, "--"],
  ];
}

/** By its whole path: what the command's own `PATH` says is for inside. */
function programOf(name: string): string {
  return findProgram(name)?.path ?? name;
}
