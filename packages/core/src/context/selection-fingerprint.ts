import { createHasher, encodePath } from "@strake/oci";
import type { LocalEntry } from "./local-entry.ts";

/** What tells a changed selection of files from an unchanged one without reading any. Means something on one machine. */
export interface SelectionFingerprint {
  readonly id: string;
  /** The latest time of any of the files, in milliseconds since 1970. */
  readonly newest: number;
}

/**
 * Computes the fingerprint of some entries of a folder.
 *
 * Size, times, inode and mode of each count, of directories only the mode: what is added to a directory and not
 * selected changes nothing.
 */
export function selectionFingerprint(entries: readonly LocalEntry[]): SelectionFingerprint {
  const numbers = new Float64Array(entries.length * 5);
  let newest = 0;
  let at = 0;
  for (const entry of entries) {
    numbers[at] = entry.mode;
    at += 5;
    if (entry.type === "directory") continue;
    numbers[at - 4] = entry.size;
    numbers[at - 3] = entry.mtimeMs;
    numbers[at - 2] = entry.ctimeMs;
    numbers[at - 1] = entry.ino;
    newest = Math.max(newest, entry.mtimeMs, entry.ctimeMs);
  }
  const hasher = createHasher();
  // The numbers first: their length tells how many paths follow, and no path has a zero byte.
  hasher.update(new Uint8Array(Float64Array.of(entries.length).buffer));
  hasher.update(new Uint8Array(numbers.buffer));
  hasher.update(encodePath(entries.map(({ path }) => path).join("\0")));
  return { id: hasher.digest(), newest };
}
