import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  futimesSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  symlinkSync,
  utimesSync,
  writeSync,
} from "node:fs";
import { chmod, lstat, mkdir, mkdtemp, readdir, realpath, rename, rm, utimes } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { setImmediate } from "node:timers/promises";
import { explained } from "../blob-store/system-error.ts";
import type { Image } from "../image.ts";
import type { Entry } from "../tree/entry.ts";
import { hostPath } from "../tree/path-bytes.ts";
import { readContent } from "../tree/read-content.ts";
import { flatten } from "../view/flatten.ts";

/** What was written, and what a folder of the host cannot hold without being root. */
export interface LocalResult {
  readonly written: number;
  /** The paths of device nodes and named pipes, which are left out. */
  readonly skipped: readonly string[];
}

/**
 * Writes the files of an image into a folder of the host, as `-o type=local` does.
 *
 * Modes and times are kept; everything belongs to the one who writes, and extended attributes are left out. What the
 * folder holds already stays unless a file of the image has its name. Everything is written beside the folder first and
 * moved into it when it is whole; no symlink of the image or within the folder is followed.
 *
 * @throws OciError as `flatten`, and an Error with the system's code, such as `ENOSPC`
 */
export async function writeLocal(
  image: Image,
  folder: string,
  options: { readonly signal?: AbortSignal } = {},
): Promise<LocalResult> {
  const target = await realFolder(resolve(folder));
  await mkdir(dirname(target), { recursive: true });
  const work = await mkdtemp(join(dirname(target), `.${basename(target)}.`));
  try {
    const { tree, entries } = await flatten(await image.layers(), work);
    const root = tree.get("") as Entry;
    const staged = join(work, "tree");
    mkdirSync(staged);
    const result = await writeEntries(entries, staged, options.signal);
    options.signal?.throwIfAborted();
    await moveInto(staged, target);
    if (root.mtime > 0) utimesSync(target, root.mtime, root.mtime);
    return result;
  } catch (error) {
    throw explained(error, `the files of the image cannot be written to ${folder}`);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The folder that a path leads to, through links too; what is there and is none is not written over. */
async function realFolder(path: string): Promise<string> {
  try {
    await readdir(path);
    return await realpath(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return path;
    throw explained(error, `the files of the image cannot be written to ${path}`);
  }
}

/** Writes entries into a fresh folder; each must be new there, so nothing is ever written through a link. */
async function writeEntries(
  entries: readonly Entry[],
  folder: string,
  signal: AbortSignal | undefined,
): Promise<LocalResult> {
  const skipped: string[] = [];
  for (const [at, entry] of entries.entries()) {
    if (at % 64 === 0) {
      await setImmediate();
      signal?.throwIfAborted();
    }
    if (!writeEntry(entry, folder)) skipped.push(entry.path);
  }
  // Backwards, because writing into a directory changes its time and a mode may forbid it.
  for (const entry of entries.toReversed()) {
    if (entry.type !== "directory") continue;
    const path = hostPath(`${folder}/${entry.path}`);
    utimesSync(path, entry.mtime, entry.mtime);
    chmodSync(path, entry.mode);
  }
  return { written: entries.length - skipped.length, skipped };
}

function writeEntry(entry: Entry, folder: string): boolean {
  const path = hostPath(`${folder}/${entry.path}`);
  switch (entry.type) {
    case "directory":
      mkdirSync(path, 0o700);
      return true;
    case "symlink":
      symlinkSync(hostPath(entry.linkname ?? ""), path);
      lutimesSync(path, entry.mtime, entry.mtime);
      return true;
    case "hardlink":
      linkSync(hostPath(`${folder}/${entry.linkname}`), path);
      return true;
    case "file":
      writeFile(entry, path);
      return true;
    default:
      return false;
  }
}

function writeFile(entry: Entry, path: string | Buffer): void {
  const file = openSync(path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o600);
  try {
    for (const chunk of readContent(entry)) {
      for (let done = 0; done < chunk.length; ) done += writeSync(file, chunk, done);
    }
    fchmodSync(file, entry.mode);
    futimesSync(file, entry.mtime, entry.mtime);
  } finally {
    closeSync(file);
  }
}

/** Moves what was staged to its place: whole where nothing is there, name by name where two folders meet. */
async function moveInto(staged: string | Buffer, target: string | Buffer): Promise<void> {
  const present = await lstat(target).catch(() => undefined);
  const fresh = await lstat(staged);
  if (present?.isDirectory() && fresh.isDirectory()) {
    for (const name of await readdir(staged, { encoding: "buffer" })) {
      await moveChild(child(staged, name), child(target, name));
    }
    return;
  }
  if (present !== undefined) await rm(target, { recursive: true });
  await rename(staged, target);
}

/** A folder can only be moved, or emptied, by one who may write to it; its own mode comes back afterwards. */
async function moveChild(staged: Buffer, target: Buffer): Promise<void> {
  const { mode, atime, mtime } = await lstat(staged);
  const isDirectory = (mode & constants.S_IFMT) === constants.S_IFDIR;
  if (isDirectory) await chmod(staged, 0o700);
  await moveInto(staged, target);
  if (!isDirectory) return;
  await utimes(target, atime, mtime);
  await chmod(target, mode & 0o7777);
}

function child(folder: string | Buffer, name: Buffer): Buffer {
  return Buffer.concat([typeof folder === "string" ? Buffer.from(folder) : folder, Buffer.from("/"), name]);
}
