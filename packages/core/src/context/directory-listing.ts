import { lstatSync, readdirSync, type Stats } from "node:fs";
import { decodePath, hostPath } from "@strake/oci";
import { StrakeError } from "../strake-error.ts";

/** What tells a changed file from an unchanged one without reading it. */
export interface FileStat {
  readonly size: number;
  /** Milliseconds since 1970, with fractions: when the content was changed. */
  readonly mtimeMs: number;
  /** Milliseconds since 1970, with fractions: when the content or anything else of the file was changed. */
  readonly ctimeMs: number;
  /** The inode's number. */
  readonly ino: number;
}

/** What the file system says of a name. */
export interface FileLook extends FileStat {
  /** The kind of file and its permissions, as in `stat`. */
  readonly mode: number;
  /** The numbers of a device file, as in `stat`. */
  readonly rdev: number;
}

/** The names in a directory, in tree order, with what `lstat` says of them: plain data, which threads can hand over. */
export interface DirectoryListing {
  readonly names: readonly string[];
  /** Six numbers a name; the first is `NaN` for one that has gone since the directory was read. */
  readonly looks: Float64Array;
}

const numbersALook = 6;

/**
 * Reads a directory of this machine, and looks at everything in it.
 *
 * @param host its absolute path
 * @param wanted leaves names out, which are not looked at then
 * @throws StrakeError `unreadable-file`
 */
export function listDirectory(host: string, wanted?: (name: string) => boolean): DirectoryListing {
  const all = readNames(host);
  const names = wanted === undefined ? all : all.filter(wanted);
  const looks = new Float64Array(names.length * numbersALook);
  const start = host.endsWith("/") ? host : `${host}/`;
  for (let at = 0; at < names.length; at++) {
    const stats = look(start + names[at]);
    const first = at * numbersALook;
    if (stats === undefined) {
      looks[first] = Number.NaN;
      continue;
    }
    looks[first] = stats.mode;
    looks[first + 1] = stats.size;
    looks[first + 2] = stats.mtimeMs;
    looks[first + 3] = stats.ctimeMs;
    looks[first + 4] = stats.ino;
    looks[first + 5] = stats.rdev;
  }
  return { names, looks };
}

/** What was seen of the name at a place in a listing; undefined where it had gone. */
export function lookAt({ looks }: DirectoryListing, place: number): FileLook | undefined {
  const first = place * numbersALook;
  const number = (at: number): number => looks[first + at] as number;
  if (Number.isNaN(number(0))) return undefined;
  return { mode: number(0), size: number(1), mtimeMs: number(2), ctimeMs: number(3), ino: number(4), rdev: number(5) };
}

function look(host: string): Stats | undefined {
  try {
    return lstatSync(hostPath(host), { throwIfNoEntry: false });
  } catch (cause) {
    throw unreadable(host, cause);
  }
}

/** The names in a directory, in tree order. */
function readNames(host: string): string[] {
  const path = hostPath(host);
  try {
    const names = readdirSync(path);
    // The mark of bytes that are not UTF-8, or of a name that really has this character.
    if (!names.some((name) => name.includes("\ufffd"))) return names.sort();
    return readdirSync(path, { encoding: "buffer" }).map(decodePath).sort();
  } catch (cause) {
    throw unreadable(host, cause);
  }
}

function unreadable(host: string, cause: unknown): StrakeError {
  const message = `cannot read ${host}: ${(cause as Error).message}`;
  return new StrakeError({ code: "unreadable-file", message, cause });
}
