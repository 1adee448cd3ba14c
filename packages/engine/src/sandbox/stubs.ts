import { chmodSync, chownSync, lstatSync, mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findInLowers } from "./lowers.ts";

/** A place where something is mounted. */
export interface MountPoint {
  /** Absolute, as it was asked for. */
  readonly target: string;
  readonly directory: boolean;
}

/**
 * Makes a folder with the places that things are mounted at and that the layers do not have.
 *
 * Whoever mounts would make them, and then they would be part of what the command changed. Laid over the layers as one
 * more, the folder is there before and is no change. The folders that these places lie in stay as the layers have them.
 *
 * @returns the targets with symlinks followed, absolute, in the order of the mount points
 */
export function makeStubs(folder: string, lowers: readonly string[], points: readonly MountPoint[]): readonly string[] {
  mkdirSync(folder, { mode: 0o755 });
  copyMetadata(lowers.at(-1), folder);
  const made = new Set<string>();
  // Below a place that something is mounted at, whoever mounts makes what is missing, and it goes with the mount.
  const covered: string[] = [];
  return points.map(({ target, directory }) => {
    const found = findInLowers(lowers, target);
    const hidden = covered.some((path) => `/${found.path}/`.startsWith(`${path}/`));
    if (found.kind === "missing" && !hidden) makeStub(folder, lowers, found.path, directory, made);
    if (directory) covered.push(`/${found.path}`);
    return `/${found.path}`;
  });
}

function makeStub(
  folder: string,
  lowers: readonly string[],
  path: string,
  directory: boolean,
  made: Set<string>,
): void {
  if (made.has(path)) return;
  const slash = path.lastIndexOf("/");
  if (slash > 0) makeFolder(folder, lowers, path.slice(0, slash), made);
  made.add(path);
  if (directory) mkdirSync(join(folder, path), { mode: 0o755 });
  else writeFileSync(join(folder, path), "", { mode: 0o644 });
}

function makeFolder(folder: string, lowers: readonly string[], path: string, made: Set<string>): void {
  if (made.has(path)) return;
  const slash = path.lastIndexOf("/");
  if (slash > 0) makeFolder(folder, lowers, path.slice(0, slash), made);
  made.add(path);
  mkdirSync(join(folder, path), { mode: 0o755 });
  copyMetadata(findInLowers(lowers, path).host, join(folder, path));
}

function copyMetadata(from: string | undefined, to: string): void {
  const stat = from === undefined ? undefined : lstatSync(from);
  chownSync(to, stat?.uid ?? 0, stat?.gid ?? 0);
  chmodSync(to, (stat?.mode ?? 0o755) & 0o7777);
  if (stat !== undefined) utimesSync(to, stat.atime, stat.mtime);
}
