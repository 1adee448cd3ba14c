import { statSync } from "node:fs";

/** Tells whether a path leads to what is read or written from one end to the other: a device, a pipe or a terminal. */
export function isStream(path: string): boolean {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    return found !== undefined && !found.isFile() && !found.isDirectory();
  } catch {
    // What may not be looked at shows itself when it is used.
    return false;
  }
}
