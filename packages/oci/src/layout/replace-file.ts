import { randomBytes } from "node:crypto";
import { rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { FileWriter } from "../blob-store/file-writer.ts";
import { explained } from "../blob-store/system-error.ts";

/**
 * Writes a file under a passing name beside its own and renames it when it is whole.
 *
 * What was there before stays as it was until then, and for good where writing fails.
 *
 * @throws an Error with the system's code, such as `ENOSPC`, where the file cannot be written
 */
export async function replaceFile(path: string, write: (writer: FileWriter) => Promise<void>): Promise<void> {
  const passing = passingName(path);
  try {
    const writer = await FileWriter.create(passing);
    try {
      await write(writer);
      await writer.flush();
    } finally {
      await writer.close();
    }
    await rename(passing, path);
  } catch (error) {
    await rm(passing, { force: true }).catch(() => {});
    throw explained(error, `${path} cannot be written in ${dirname(path)}`);
  }
}

/** A name beside another that nobody else uses, on the same file system. */
export function passingName(path: string): string {
  return `${path.replace(/[/\\]+$/, "")}.${randomBytes(6).toString("hex")}.tmp`;
}
