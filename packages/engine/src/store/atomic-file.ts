import { randomBytes } from "node:crypto";
import { readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { makeFolder } from "./make-folder.ts";

/** Writes a small file whole or not at all, making its folder where that is missing. */
export function writeAtomically(path: string, content: string | Uint8Array): void {
  const passing = `${path}.${process.pid}-${randomBytes(6).toString("hex")}.tmp`;
  try {
    try {
      writeFileSync(passing, content);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      makeFolder(dirname(path));
      writeFileSync(passing, content);
    }
    renameSync(passing, path);
  } catch (error) {
    rmSync(passing, { force: true });
    throw error;
  }
}

/** Notes that a file was used; its age counts from then. One that is not there, or not ours, is none to note. */
export function touch(path: string): void {
  const now = new Date();
  try {
    utimesSync(path, now, now);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "EACCES" && code !== "EPERM" && code !== "EROFS") throw error;
  }
}

/** Reads a small text file, or tells that it is not there. */
export function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
