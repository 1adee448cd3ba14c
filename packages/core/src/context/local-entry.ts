import { readlinkSync, type Stats } from "node:fs";
import { decodePath, type Entry, hostPath } from "@strake/oci";

/**
 * Makes the entry of a file of this machine: owned by user and group 0, with mode, time and link target as they are.
 *
 * @param path the path that the entry gets
 * @param host the absolute path of the file
 */
export function localEntry(path: string, host: string, stats: Stats): Entry {
  const mode = stats.mode & 0o7777;
  const mtime = stats.mtimeMs / 1000;
  if (stats.isFile()) {
    const content = { from: "file", path: host, offset: 0 } as const;
    return { path, type: "file", mode, uid: 0, gid: 0, size: stats.size, mtime, content };
  }
  const other = { path, mode, uid: 0, gid: 0, size: 0, mtime };
  if (stats.isDirectory()) return { ...other, type: "directory" };
  if (stats.isSymbolicLink()) return { ...other, type: "symlink", linkname: readTarget(host) };
  if (stats.isFIFO()) return { ...other, type: "fifo" };
  return { ...other, type: stats.isBlockDevice() ? "block" : "character", device: deviceNumbers(stats.rdev) };
}

function readTarget(host: string): string {
  return decodePath(readlinkSync(hostPath(host), { encoding: "buffer" }));
}

/** Takes Linux's `dev_t` apart: twelve bits of the major number stand between the two parts of the minor. */
function deviceNumbers(device: number): { major: number; minor: number } {
  const high = Math.floor(device / 0x100000);
  return { major: (device >>> 8) & 0xfff, minor: (device & 0xff) | ((high & 0xfff) << 8) };
}
