import { chmodSync, lstatSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { hostsFile, resolverFile } from "./host-files.ts";
import { findInLowers } from "./lowers.ts";
import type { SandboxJob, SandboxMount } from "./sandbox.ts";
import { type MountPoint, makeStubs } from "./stubs.ts";
import { insideUserNamespace } from "./user-namespace.ts";

/** A job with everything put where a sandbox needs it. */
export interface PreparedJob {
  readonly job: SandboxJob;
  /** The root inside the scratch folder; the shell commands below mount it. */
  readonly root: string;
  /** Shell commands that mount the root and what goes into it, for the scratch folder as the working folder. */
  readonly mountCommands: readonly string[];
  /** What to mount inside the root, in order. */
  readonly mounts: readonly InnerMount[];
  /** Root only inside a user namespace. */
  readonly rootless: boolean;
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
export function prepareJob(job: SandboxJob): PreparedJob {
  const { scratch, lowers } = job;
  mkdirSync(scratch, { recursive: true });
  const root = join(scratch, "root");
  mkdirSync(root);
  const rootless = insideUserNamespace();
  const mountCommands: string[] = [];
  const wanted = [
    fileMount(scratch, "/etc/hosts", hostsFile(job.hostname, job.hosts)),
    fileMount(scratch, "/etc/resolv.conf", resolverFile()),
    ...(job.script === undefined ? [] : [scriptMount(scratch, job.args[0] ?? "", job.script)]),
    ...job.mounts.map((mount, at) => innerMount(job, mount, at, rootless, mountCommands)),
  ];
  const points: MountPoint[] = [
    ...systemFolders.map((target) => ({ target, directory: true })),
    ...wanted.map((mount) => ({ target: mount.target, directory: mount.type === "tmpfs" || mount.directory })),
  ];
  const targets = makeStubs(join(scratch, "stubs"), lowers, points).slice(systemFolders.length);
  const stacked = [...lowers, join(scratch, "stubs")];
  return {
    job,
    root,
    mountCommands: [overlay(scratch, "root", stacked, rootless, job), ...mountCommands],
    mounts: wanted.map((mount, at) => ({ ...mount, target: targets[at] as string })),
    rootless,
  };
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
  // What is written goes where the job's own changes go: not every file system can take it.
  const folder = join(dirname(job.upper), name);
  const upper = join(folder, "upper");
  const work = join(folder, "work");
  if (writable) for (const path of [folder, upper, work]) mkdirSync(path);
  const empty = join(job.scratch, `${name}-empty`);
  mkdirSync(empty);
  commands.push(overlay(job.scratch, name, [empty, ...mount.lowers], rootless, writable ? { upper, work } : undefined));
  return { type: "bind", source: join(job.scratch, name, found.path), target, readonly: !writable, directory };
}

/**
 * The shell command that lays folders over one another.
 *
 * Options of a mount end at 4096 bytes, so the folders have short names: links in a folder of their own, which the
 * command changes to.
 */
function overlay(
  scratch: string,
  target: string,
  lowers: readonly string[],
  rootless: boolean,
  upper: { readonly upper: string; readonly work: string } | undefined,
): string {
  const links = join(scratch, `${target}-layers`);
  mkdirSync(links);
  for (const [at, folder] of lowers.entries()) symlinkSync(folder, join(links, `${at}`));
  const names = [...lowers.keys()].reverse().join(":");
  const options = [`lowerdir=${names}`];
  if (upper !== undefined) {
    symlinkSync(upper.upper, join(links, "u"));
    symlinkSync(upper.work, join(links, "w"));
    options.push("upperdir=u", "workdir=w");
  }
  if (rootless) options.push("userxattr");
  return `(cd ${target}-layers && mount -t overlay overlay -o ${options.join(",")} ../${target})`;
}
