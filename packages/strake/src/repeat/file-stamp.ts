import { lstatSync, readFileSync, realpathSync, type Stats, statSync } from "node:fs";
import { textHash } from "./text-hash.ts";

/**
 * What was looked at of a path: a `file` is what the path leads to, a `link` the path itself, a `listing` what is in a
 * folder. Of a `folder` it does not count what is in it, and of a `kept` file not the times: only its whole replacement
 * changes it. Of `presence` nothing counts but that something is there, of `content` only what can be read, which is
 * short, and of a `target` only its path without symlinks.
 */
export type Look = "file" | "link" | "listing" | "folder" | "kept" | "presence" | "content" | "target";

/**
 * Device, inode, size, changed, changed in anything, made: times in milliseconds since 1970. Of a folder that is only
 * looked at for itself, device, inode, mode, user and group.
 */
export type FileStamp = readonly [number, number, number, number, number, number];

/** How many numbers a stamp has. */
export const stampLength = 6;

/** The stamp of a path where nothing is. */
export const absent: FileStamp = [-1, 0, 0, 0, 0, 0];

/**
 * Looks at a path.
 *
 * @returns undefined where the system does not say
 */
export function stampOf(look: Look, path: string): FileStamp | undefined {
  try {
    if (look === "content") return textStamp(readFileSync(path, "utf8"));
    if (look === "target") return textStamp(realpathSync(path));
    return stampFrom(look, (look === "link" ? lstatSync : statSync)(path, { throwIfNoEntry: false }));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "ENOTDIR" || code === "ENOENT" ? absent : undefined;
  }
}

/** The stamp that an answer of the system comes to. */
export function stampFrom(look: Look, stats: Stats | undefined): FileStamp {
  if (stats === undefined) return absent;
  if (look === "folder") return [stats.dev, stats.ino, stats.mode, stats.uid, stats.gid, 0];
  return [stats.dev, stats.ino, stats.size, stats.mtimeMs, stats.ctimeMs, stats.birthtimeMs];
}

/** As many bits of a text's hash as two numbers hold. */
function textStamp(text: string): FileStamp {
  const hash = textHash(text);
  return [Number.parseInt(hash.slice(0, 12), 16), Number.parseInt(hash.slice(12, 24), 16), 0, 0, 0, 0];
}

/** Which of a stamp's numbers count. */
const counted: Readonly<Record<Look, readonly number[]>> = {
  file: [0, 1, 2, 3, 4],
  link: [0, 1, 2, 3, 4],
  listing: [0, 1, 2, 3, 4],
  folder: [0, 1, 2, 3, 4],
  kept: [0, 1, 2, 5],
  presence: [],
  content: [0, 1],
  target: [0, 1],
};

/** Tells whether a second look found what the first one had found. */
export function sameStamp(look: Look, left: ArrayLike<number>, right: ArrayLike<number>): boolean {
  const isThere = left[0] !== absent[0];
  if (isThere !== (right[0] !== absent[0])) return false;
  return !isThere || counted[look].every((at) => left[at] === right[at]);
}

/** How much older than the look a file has to be whose times have whole seconds only, and one whose times are finer. */
const coarse = 2000;
const fine = 20;

/**
 * Tells whether a later change would show in a stamp: the clock of a file system may be so coarse that a file which was
 * changed just now looks as it will after the next change.
 *
 * @param lookedAt in milliseconds since 1970
 */
export function isSettled(stamp: FileStamp, lookedAt: number): boolean {
  const [mtime, ctime] = [stamp[3], stamp[4]];
  return Math.max(mtime, ctime) <= lookedAt - (ctime % 1000 === 0 ? coarse : fine);
}
