import { createHasher, encodePath } from "@strake/oci";
import type { LocalTree } from "./local-tree.ts";

/** What tells a changed selection of files from an unchanged one without reading any. Means something on one machine. */
export interface SelectionFingerprint {
  readonly id: string;
  /** The latest time of any of the files, in milliseconds since 1970. */
  readonly newest: number;
}

/**
 * Computes the fingerprint of some paths of a folder.
 *
 * Size, times, inode and mode of each count, of directories only the mode: what is added to a directory and not
 * selected changes nothing.
 */
export function selectionFingerprint(tree: LocalTree, paths: readonly string[]): SelectionFingerprint {
  const numbers = new Float64Array(paths.length * 5);
  let newest = 0;
  for (const [index, path] of paths.entries()) {
    const entry = tree.get(path);
    const stat = tree.stat(path);
    if (entry === undefined || stat === undefined) continue;
    numbers[index * 5] = entry.mode;
    if (entry.type === "directory") continue;
    numbers[index * 5 + 1] = stat.size;
    numbers[index * 5 + 2] = stat.mtimeMs;
    numbers[index * 5 + 3] = stat.ctimeMs;
    numbers[index * 5 + 4] = stat.ino;
    newest = Math.max(newest, stat.mtimeMs, stat.ctimeMs);
  }
  const hasher = createHasher();
  // The numbers first: their length tells how many paths follow, and no path has a zero byte.
  hasher.update(new Uint8Array(Float64Array.of(paths.length).buffer));
  hasher.update(new Uint8Array(numbers.buffer));
  hasher.update(encodePath(paths.join("\0")));
  return { id: hasher.digest(), newest };
}
