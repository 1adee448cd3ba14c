import { constants, readlinkSync } from "node:fs";
import { decodePath, type Entry, hostPath } from "@strake/oci";
import type { FileLook, FileStat } from "./directory-listing.ts";

const { S_IFMT, S_IFREG, S_IFDIR, S_IFLNK, S_IFIFO, S_IFBLK } = constants;

/** An entry of this machine, with what tells whether it has changed since. */
export interface LocalEntry extends Entry, FileStat {}

/**
 * Makes the entry of a file of this machine: owned by user and group 0, with mode, time and link target as they are.
 *
 * @param path the path that the entry gets
 * @param host the absolute path of the file
 */
export function localEntry(path: string, host: string, look: FileLook): LocalEntry {
  const { mtimeMs, ctimeMs, ino } = look;
  const mode = look.mode & 0o7777;
  const mtime = mtimeMs / 1000;
  const kind = look.mode & S_IFMT;
  if (kind === S_IFREG) {
    const content = { from: "file", path: host, offset: 0 } as const;
    return { path, type: "file", mode, uid: 0, gid: 0, size: look.size, mtime, content, mtimeMs, ctimeMs, ino };
  }
  const other = { path, mode, uid: 0, gid: 0, size: 0, mtime, mtimeMs, ctimeMs, ino };
  if (kind === S_IFDIR) return { ...other, type: "directory" };
  if (kind === S_IFLNK) return { ...other, type: "symlink", linkname: readTarget(host) };
  if (kind === S_IFIFO) return { ...other, type: "fifo" };
  return { ...other, type: kind === S_IFBLK ? "block" : "character", device: deviceNumbers(look.rdev) };
}

function readTarget(host: string): string {
  return decodePath(readlinkSync(hostPath(host), { encoding: "buffer" }));
}

/** Takes Linux's `dev_t` apart: twelve bits of the major number stand between the two parts of the minor. */
function deviceNumbers(device: number): { major: number; minor: number } {
  const high = Math.floor(device / 0x100000);
  return { major: (device >>> 8) & 0xfff, minor: (device & 0xff) | ((high & 0xfff) << 8) };
}
