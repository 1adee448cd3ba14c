import { mkdirSync } from "node:fs";
import { dirname } from "node:path";

/** Makes a folder, and those above it; true for exactly one of all the processes that want it. */
export function claimFolder(folder: string): boolean {
  mkdirSync(dirname(folder), { recursive: true, mode: 0o755 });
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}
