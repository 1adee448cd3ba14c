import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { createHasher, type Digest, hostPath, sha256 } from "@strake/oci";
import { StrakeError } from "../strake-error.ts";
import type { FileStat } from "./directory-listing.ts";
import type { LocalEntry } from "./local-entry.ts";
import type { StatCache } from "./stat-cache.ts";

/** A file of this machine to hash: its absolute path, and what it was when its directory was read. */
export interface FileToHash extends FileStat {
  readonly path: string;
}

/** What is to be hashed of an entry of this machine; undefined of one that is no file. */
export function fileToHash({ content, size, mtimeMs, ctimeMs, ino }: LocalEntry): FileToHash | undefined {
  return content?.from === "file" ? { path: content.path, size, mtimeMs, ctimeMs, ino } : undefined;
}

/** Hashes many files at once, in their order; where and how is for the caller to say. */
export type HashFiles = (files: readonly FileToHash[]) => Promise<readonly Digest[]>;

/** From this much on, hashing is worth other threads. */
export const worthThreads: { readonly files: number; readonly bytes: number } = {
  files: 2000,
  bytes: 64 * 1024 * 1024,
};

/**
 * Finds the content digests of files of a folder by their paths in it, reading only those that are not known from an
 * earlier look. Entries that are no files have none.
 *
 * @param options.readAt when the reading began, in milliseconds since 1970, where it has begun before
 * @throws StrakeError `file-changed` for a file that changed while it was read
 */
export async function fingerprint(
  entries: readonly LocalEntry[],
  options: { readonly cache: StatCache; readonly hashFiles?: HashFiles; readonly readAt?: number },
): Promise<ReadonlyMap<string, Digest>> {
  const digests = new Map<string, Digest>();
  const unknown: LocalEntry[] = [];
  const files: FileToHash[] = [];
  for (const entry of entries) {
    if (entry.type !== "file") continue;
    const known = options.cache.get(entry.path, entry);
    if (known !== undefined) {
      digests.set(entry.path, known);
      continue;
    }
    unknown.push(entry);
    files.push(fileToHash(entry) as FileToHash);
  }
  const bytes = files.reduce((sum, file) => sum + file.size, 0);
  const many = files.length >= worthThreads.files || bytes >= worthThreads.bytes;
  const readAt = options.readAt ?? Date.now();
  const hashed = await (many ? (options.hashFiles ?? hashHere) : hashHere)(files);
  unknown.forEach((entry, at) => {
    const digest = hashed[at] as Digest;
    digests.set(entry.path, digest);
    options.cache.set(entry.path, entry, digest, readAt);
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
