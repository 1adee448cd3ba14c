import { lstatSync } from "node:fs";
import { uptime } from "node:os";
import { type Entry, hostPath } from "@strake/oci";

/**
 * Whether the files of a layer's folder have the sizes that they should.
 *
 * Files are not waited for until they are on the disk. Where the power fails, file systems keep the name of a new file
 * and lose what was in it: it is shorter then.
 */
export function hasWholeFiles(folder: string, entries: readonly Entry[]): boolean {
  return entries.every(({ type, path, size }) => {
    if (type !== "file" || size === 0) return true;
    return lstatSync(hostPath(`${folder}/${path}`), { throwIfNoEntry: false })?.size === size;
  });
}

/** When this machine was started, in milliseconds since 1970. */
export function startOfMachine(): number {
  return Date.now() - uptime() * 1000;
}
