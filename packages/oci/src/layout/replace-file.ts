import { randomBytes } from "node:crypto";
import { type FileHandle, lstat, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { copyToNewFile } from "../blob-store/copy-file.ts";
import { FileWriter } from "../blob-store/file-writer.ts";
import { explained } from "../blob-store/system-error.ts";
import { OciError } from "../oci-error.ts";
import { isStream } from "./is-stream.ts";

/** From this many bytes on, removing a file takes milliseconds. */
const large = 16 * 1024 * 1024;

/**
 * Writes a file under a passing name beside its own and renames it when it is whole.
 *
 * What was there before stays as it was until then, and for good where writing fails.
 *
 * @throws OciError `not-found` where the folder is missing or the path leads to a device or a pipe, and an Error with
 *   the system's code, such as `ENOSPC`, where the file cannot be written
 */
export async function replaceFile(path: string, write: (writer: FileWriter) => Promise<void>): Promise<void> {
  await replaceWith(path, async (passing) => {
    const writer = await FileWriter.create(passing, { mayBypassCache: true });
    try {
      await write(writer);
      await writer.flush();
    } finally {
      await writer.close();
    }
  });
}

/**
 * Makes a file a copy of another, as `replaceFile` does; the two share their blocks where the file system can.
 *
 * @param check called when the copy is whole, before it gets its name; what it throws leaves everything as it was
 * @throws as `replaceFile`
 */
export async function replaceWithCopy(path: string, source: string, check: () => void): Promise<void> {
  await replaceWith(path, async (passing) => {
    await copyToNewFile(source, passing);
    check();
  });
}

/** A name beside another that nobody else uses, on the same file system. */
export function passingName(path: string): string {
  return `${path.replace(/[/\\]+$/, "")}.${randomBytes(6).toString("hex")}.tmp`;
}

async function replaceWith(path: string, make: (passing: string) => Promise<void>): Promise<void> {
  // A rename would put a file in the place of the device itself.
  if (isStream(path)) throw new OciError("not-found", `${path} is a device or a pipe, and a file is to be written`);
  const passing = passingName(path);
  try {
    await make(passing);
    const before = await openLarge(path);
    await rename(passing, path);
    // Nobody has to wait until the system has taken back what the file before had.
    void before?.close().catch(() => {});
  } catch (error) {
    await rm(passing, { force: true }).catch(() => {});
    await refuseMissingFolder(path, error);
    throw explained(error, `${path} cannot be written in ${dirname(path)}`);
  }
}

/** Opens a file of which to remove the last trace takes a while; it is removed when the handle is closed. */
async function openLarge(path: string): Promise<FileHandle | undefined> {
  // Elsewhere an open file cannot be replaced.
  if (process.platform === "win32") return undefined;
  try {
    const stats = await lstat(path);
    return stats.isFile() && stats.size >= large ? await open(path, "r") : undefined;
  } catch {
    return undefined;
  }
}

/** The system names the passing file, which nobody knows. */
async function refuseMissingFolder(path: string, cause: unknown): Promise<void> {
  if ((cause as NodeJS.ErrnoException).code !== "ENOENT") return;
  const folder = dirname(path);
  if ((await stat(folder).catch(() => undefined)) !== undefined) return;
  const message = `${path} cannot be written: there is no folder ${folder}; make it first, or choose another`;
  throw new OciError("not-found", message, { cause });
}
