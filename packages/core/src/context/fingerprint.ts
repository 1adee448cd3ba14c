import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { createHasher, type Digest, hostPath, sha256 } from "@strake/oci";
import { StrakeError } from "../strake-error.ts";
import type { FileStat } from "./directory-listing.ts";
import type { LocalTree } from "./local-tree.ts";
import type { StatCache } from "./stat-cache.ts";

/** A file of this machine to hash: its absolute path, and what it was when its directory was read. */
export interface FileToHash extends FileStat {
  readonly path: string;
}

/** Hashes many files at once, in their order; where and how is for the caller to say. */
export type HashFiles = (files: readonly FileToHash[]) => Promise<readonly Digest[]>;

/** From this much on, hashing is worth other threads. */
export const worthThreads: { readonly files: number; readonly bytes: number } = {
  files: 2000,
  bytes: 64 * 1024 * 1024,
};

/**
 * Finds the content digests of files of a tree, reading only those that are not known from an earlier look.
 *
 * @param options.readAt when the reading began, in milliseconds since 1970, where it has begun before
 * @throws StrakeError `file-changed` for a file that changed while it was read
 */
export async function fingerprint(
  tree: LocalTree,
  paths: readonly string[],
  options: { readonly cache: StatCache; readonly hashFiles?: HashFiles; readonly readAt?: number },
): Promise<ReadonlyMap<string, Digest>> {
  const digests = new Map<string, Digest>();
  const unknown: { readonly path: string; readonly stat: FileStat }[] = [];
  for (const path of paths) {
    const stat = tree.stat(path) as FileStat;
    const known = options.cache.get(path, stat);
    if (known === undefined) unknown.push({ path, stat });
    else digests.set(path, known);
  }
  const files = unknown.map(({ path, stat: { size, mtimeMs, ctimeMs, ino } }) => {
    return { path: `${tree.root}/${path}`, size, mtimeMs, ctimeMs, ino };
  });
  const bytes = files.reduce((sum, file) => sum + file.size, 0);
  const many = files.length >= worthThreads.files || bytes >= worthThreads.bytes;
  const readAt = options.readAt ?? Date.now();
  const hashed = await (many ? (options.hashFiles ?? hashHere) : hashHere)(files);
  unknown.forEach(({ path, stat }, at) => {
    const digest = hashed[at] as Digest;
    digests.set(path, digest);
    options.cache.set(path, stat, digest, readAt);
  });
  return digests;
}

const hashHere: HashFiles = async (files) => files.map(hashFile);

const buffer = Buffer.allocUnsafeSlow(1024 * 1024);

/**
 * Hashes one file, in this thread.
 *
 * @throws StrakeError `file-changed` where the file is not what it was before, `unreadable-file`
 */
export function hashFile(file: FileToHash): Digest {
  const descriptor = reading(file.path, () => openSync(hostPath(file.path), "r"));
  try {
    return reading(file.path, () => hashOpen(descriptor, file));
  } finally {
    closeSync(descriptor);
  }
}

function hashOpen(descriptor: number, file: FileToHash): Digest {
  let length = readSync(descriptor, buffer, 0, buffer.length, null);
  if (length === file.size) {
    assertUnchanged(descriptor, file);
    return sha256(buffer.subarray(0, length));
  }
  const hasher = createHasher();
  while (length > 0) {
    hasher.update(buffer.subarray(0, length));
    length = readSync(descriptor, buffer, 0, buffer.length, null);
  }
  if (hasher.size !== file.size) throw changed(file.path);
  assertUnchanged(descriptor, file);
  return hasher.digest();
}

/** What was read counts only if nothing was written between the look at the directory and the end of the reading. */
function assertUnchanged(descriptor: number, file: FileToHash): void {
  const { size, mtimeMs, ctimeMs, ino } = fstatSync(descriptor);
  if (size !== file.size || mtimeMs !== file.mtimeMs || ctimeMs !== file.ctimeMs || ino !== file.ino) {
    throw changed(file.path);
  }
}

function reading<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (StrakeError.is(cause)) throw cause;
    const code = "unreadable-file";
    throw new StrakeError({ code, message: `${path} cannot be read: ${(cause as Error).message}`, cause });
  }
}

function changed(path: string): StrakeError {
  return new StrakeError({
    code: "file-changed",
    message: `${path} changed while it was read`,
    notes: ["Build again when nothing writes to it."],
  });
}
