import { capabilitiesOf } from "./capabilities.ts";
import { commandEnvironment } from "./command-environment.ts";
import { defaultShmSize, maskedPaths, readonlyPaths } from "./kernel-paths.ts";
import type { InnerMount, PreparedJob } from "./prepare-job.ts";
import type { SandboxJob } from "./sandbox.ts";
import { seccompProfile } from "./seccomp.ts";
import type { SeccompProgram } from "./seccomp-program.ts";

/** What a runtime is told besides the job. */
export interface RuntimeOptions {
  readonly terminal: boolean;
  /** The compiled system call filter, for a runtime that takes one. */
  readonly program: SeccompProgram | undefined;
}

/** Makes the `config.json` of a bundle (OCI runtime specification), as BuildKit would. */
export function runtimeConfig({ job, root, mounts, rootless }: PreparedJob, options: RuntimeOptions): unknown {
  const { terminal } = options;
  const insecure = job.security === "insecure";
  const capabilities = capabilitiesOf(job);
  const seccomp = insecure ? undefined : seccompProfile(process.arch, capabilities);
  const program = insecure ? undefined : options.program;
  return {
    ociVersion: "1.0.2",
    process: {
      terminal,
      ...(terminal ? terminalSize() : {}),
      user: { uid: job.user.uid, gid: job.user.gid, additionalGids: job.user.groups },
      args: job.args,
      env: commandEnvironment(job),
      cwd: job.cwd,
      // Nothing is inheritable: what a command starts has no more than it should.
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
      rlimits: (job.limits.ulimits ?? []).map(({ name, soft, hard }) => ({
        type: `RLIMIT_${name.toUpperCase()}`,
        soft: unlimited(soft),
        hard: unlimited(hard),
      })),
      noNewPrivileges: false,
    },
    root: { path: root, readonly: job.readonlyRoot === true },
    hostname: job.hostname,
    mounts: [...systemMounts(job, rootless), ...mounts.map(describeMount)],
    linux: {
      namespaces: [
        { type: "pid" },
        { type: "ipc" },
        { type: "uts" },
        { type: "mount" },
        ...(job.network === "none" ? [{ type: "network" }] : []),
      ],
      ...(insecure ? {} : { maskedPaths, readonlyPaths }),
      ...(seccomp === undefined || program !== undefined ? {} : { seccomp }),
    },
    ...(program === undefined ? {} : { annotations: { "run.oci.seccomp_bpf_data": program.base64 } }),
  };
}

/** The runtime makes a terminal for the command, and gives it this size; later changes it passes on by itself. */
function terminalSize(): object {
  const { columns, rows } = process.stdout;
  return process.stdout.isTTY && columns > 0 && rows > 0 ? { consoleSize: { height: rows, width: columns } } : {};
}

function systemMounts(job: SandboxJob, rootless: boolean): readonly unknown[] {
  const shmSize = job.limits.shmSize ?? defaultShmSize;
  const plain = ["nosuid", "noexec", "nodev"];
  // Only who owns the network namespace can mount a sysfs; inside a user namespace the machine's own is shown.
  const bound = rootless && job.network === "host";
  const access = job.security === "insecure" ? "rw" : "ro";
  return [
    { destination: "/proc", type: "proc", source: "proc", options: plain },
    {
      destination: "/dev",
      type: "tmpfs",
      source: "tmpfs",
      options: ["nosuid", "strictatime", "mode=755", "size=65536k"],
    },
    {
      destination: "/dev/pts",
      type: "devpts",
      source: "devpts",
      options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", ...(rootless ? [] : ["gid=5"])],
    },
    {
      destination: "/dev/shm",
      type: "tmpfs",
      source: "shm",
      options: [...plain, "mode=1777", `size=${shmSize}`],
    },
    { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: plain },
    bound
      ? { destination: "/sys", type: "none", source: "/sys", options: ["rbind", ...plain, "ro"] }
      : { destination: "/sys", type: "sysfs", source: "sysfs", options: [...plain, access] },
  ];
}

function describeMount(mount: InnerMount): unknown {
  if (mount.type === "tmpfs") {
    const size = mount.size === undefined ? [] : [`size=${mount.size}`];
    return { destination: mount.target, type: "tmpfs", source: "tmpfs", options: ["nosuid", "nodev", ...size] };
  }
  const access = mount.readonly ? "ro" : "rw";
  return {
    destination: mount.target,
    type: "bind",
    source: mount.source,
    options: [mount.directory ? "rbind" : "bind", access, "nosuid", "nodev"],
  };
}

/** -1 means no limit, as it does for Docker. */
function unlimited(value: number): number | bigint {
  return value < 0 ? 18446744073709551615n : value;
}
