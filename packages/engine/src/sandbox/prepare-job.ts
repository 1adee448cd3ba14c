import { chmodSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { hostsFile, resolverFile } from "./host-files.ts";
import { findInLowers } from "./lowers.ts";
import type { SandboxJob, SandboxMount } from "./sandbox.ts";
import { type MountPoint, makeStubs } from "./stubs.ts";
import { keepMountPointsOut } from "./upper-mount-points.ts";
import { insideUserNamespace } from "./user-namespace.ts";

/** A job with everything put where a sandbox needs it. */
export interface PreparedJob {
  /** The job; its scratch folder is one of this run's own, for a job may be run again. */
  readonly job: SandboxJob;
  /** The root inside the scratch folder; the shell commands below mount it. */
  readonly root: string;
  /** Shell commands that mount the root and what goes into it, for the scratch folder as the working folder. */
  readonly mountCommands: readonly string[];
  /** What to mount inside the root, in order. */
  readonly mounts: readonly InnerMount[];
  /** The working folder with symlinks of the layers followed, to be made where it is missing. */
  readonly cwd: string;
  /** Root only inside a user namespace. */
  readonly rootless: boolean;
  /** Takes away what lies outside the scratch folder and is no change of the command. */
  finish(): void;
}

/** Something to mount inside the root. */
export type InnerMount =
  | {
      readonly type: "bind";
      readonly source: string;
      readonly target: string;
      readonly readonly: boolean;
      readonly directory: boolean;
    }
  | { readonly type: "tmpfs"; readonly target: string; readonly size?: number };

/** Folders that every sandbox mounts something at. */
const systemFolders = ["/dev", "/proc", "/sys"];

/** Lays out a job's scratch folder: the links to the layers, the files of `/etc`, and the places of mounts. */
export function prepareJob(asked: SandboxJob): PreparedJob {
  mkdirSync(asked.scratch, { recursive: true });
  const scratch = mkdtempSync(join(asked.scratch, "run-"));
  const job = { ...asked, scratch };
  const { lowers, upper } = job;
  // A mount like this is refused where one has been before; nothing went wrong in between here.
  rmSync(join(job.work, "work", "incompat"), { recursive: true, force: true });
  const root = join(scratch, "root");
  mkdirSync(root);
  const rootless = insideUserNamespace();
  const mountCommands: string[] = [];
  const wanted = [
    fileMount(scratch, "/etc/hosts", hostsFile(job.hostname, job.hosts)),
    fileMount(scratch, "/etc/resolv.conf", resolverFile(job.resolver)),
    ...(job.script === undefined ? [] : [scriptMount(scratch, job.args.at(-1) ?? "", job.script)]),
    ...job.mounts.map((mount, at) => innerMount(job, mount, at, rootless, mountCommands)),
  ];
  const points: MountPoint[] = [
    ...systemFolders.map((target) => ({ target, directory: true })),
    ...wanted.map((mount) => ({ target: mount.target, directory: mount.type === "tmpfs" || mount.directory })),
  ];
  const stubs = join(scratch, "stubs");
  const all = makeStubs(stubs, [...lowers, upper], points);
  const targets = all.slice(systemFolders.length);
  const stacked = [...lowers, stubs];
  const restore = keepMountPointsOut(upper, stacked, all);
  return {
    job,
    root,
    mountCommands: [
      overlay(scratch, "root", stacked, rootless, { volatile: job.volatile === true, upper, work: job.work }),
      ...mountCommands,
    ],
    mounts: wanted.map((mount, at) => ({ ...mount, target: targets[at] as string })),
    cwd: `/${findInLowers([...lowers, upper], job.cwd).path}`,
    rootless,
    finish: () => {
      restore();
      rmSync(passingFolder(job), { recursive: true, force: true });
    },
  };
}

/** What is written to mounts and thrown away goes where the job's changes go: not every file system can take it. */
function passingFolder({ upper, scratch }: SandboxJob): string {
  return join(dirname(upper), `passing-${basename(scratch)}`);
}

type Bind = Extract<InnerMount, { type: "bind" }>;

function fileMount(scratch: string, target: string, text: string): Bind {
  const source = join(scratch, target.slice(target.lastIndexOf("/") + 1));
  writeFileSync(source, text);
  chmodSync(source, 0o644);
  return { type: "bind", source, target, readonly: false, directory: false };
}

function scriptMount(scratch: string, target: string, text: string): Bind {
  const source = join(scratch, "script");
  writeFileSync(source, text);
  chmodSync(source, 0o755);
  return { type: "bind", source, target, readonly: true, directory: false };
}

function innerMount(
  job: SandboxJob,
  mount: SandboxMount,
  at: number,
  rootless: boolean,
  commands: string[],
): InnerMount {
  if (mount.type === "tmpfs") return mount;
  if (mount.type === "bind") return { ...mount, directory: lstatSync(mount.source).isDirectory() };
  const found = findInLowers(mount.lowers, mount.source);
  const { target, writable } = mount;
  const directory = found.kind === "directory";
  const [only] = mount.lowers;
  if (!writable && mount.lowers.length === 1 && only !== undefined) {
    return { type: "bind", source: join(only, found.path), target, readonly: true, directory };
  }
  const name = `mount-${at}`;
  mkdirSync(join(job.scratch, name));
  const folder = join(passingFolder(job), name);
  const upper = join(folder, "upper");
  const work = join(folder, "work");
  if (writable) for (const path of [upper, work]) mkdirSync(path, { recursive: true });
  const empty = join(job.scratch, `${name}-empty`);
  mkdirSync(empty);
  commands.push(
    overlay(
      job.scratch,
      name,
      [empty, ...mount.lowers],
      rootless,
      writable ? { upper, work, volatile: true } : undefined,
    ),
  );
  return { type: "bind", source: join(job.scratch, name, found.path), target, readonly: !writable, directory };
}

/**
 * The shell commands that lay folders over one another.
 *
 * Options of a mount end at 4096 bytes, so the folders have short names: links in a folder of their own, which the
 * command changes to.
 */
function overlay(
  scratch: string,
  target: string,
  lowers: readonly string[],
  rootless: boolean,
  upper: { readonly upper: string; readonly work: string; readonly volatile: boolean } | undefined,
): string {
  const links = join(scratch, `${target}-layers`);
  mkdirSync(links);
  for (const [at, folder] of lowers.entries()) symlinkSync(folder, join(links, `${at}`));
  const names = [...lowers.keys()].reverse().join(":");
  const options = [`lowerdir=${names}`, ...(rootless ? ["userxattr"] : [])];
  if (upper !== undefined) {
    symlinkSync(upper.upper, join(links, "u"));
    symlinkSync(upper.work, join(links, "w"));
    options.push("upperdir=u", "workdir=w");
    // Otherwise a layer could say "as in the layer below" of what has to be whole; without rights none of it is allowed.
    if (!rootless) options.push("metacopy=off", "redirect_dir=off", "index=off");
  }
  // The newer way to mount takes 255 bytes for an option only.
  const mount = (more: readonly string[]) =>
    `LIBMOUNT_FORCE_MOUNT2=always mount -t overlay overlay -o ${[...options, ...more].join(",")} ../${target}`;
  // At its end the kernel would write all that is waiting on the disk, whoever it is of. Before 5.10 it cannot leave it.
  const mounting = upper?.volatile ? `{ ${mount(["volatile"])} 2>/dev/null || ${mount([])}; }` : mount([]);
  // Not in a process of its own, which takes as long as the mount.
  return [`cd ${target}-layers`, mounting, "cd ..", "unset OLDPWD"].join("\n");
}
