import { constants, type Stats, statSync } from "node:fs";
import type { FileTree } from "@strake/oci";
import { StrakeError } from "../strake-error.ts";
import { listDirectory, lookAt } from "./directory-listing.ts";
import type { IgnoreMatcher } from "./ignore.ts";
import type { ListAhead } from "./list-ahead.ts";
import { type LocalEntry, localEntry } from "./local-entry.ts";

const { S_IFMT, S_IFDIR, S_IFSOCK } = constants;

/** A folder of this machine as a tree of files. */
export interface LocalTree extends FileTree<LocalEntry> {
  /** The absolute path of the folder. */
  readonly root: string;
}

/**
 * Opens a folder of this machine as a tree of files.
 *
 * A directory is read when something in it is first asked for, and what was read is kept: one tree is one view of the
 * folder, and a later look needs a new tree. Ignored names do not exist in it; an ignored directory does where a
 * negated pattern takes in something below it. Everything belongs to user and group 0, hard links are files of their
 * own, sockets are left out, and extended attributes are not read.
 *
 * The functions of the tree throw a StrakeError `unreadable-file` about a directory that cannot be read.
 *
 * @param root an absolute path
 * @param options.ahead lists directories before they are asked for
 * @throws StrakeError `missing-context` where the root is no directory
 */
export function localTree(
  root: string,
  options: { readonly ignore?: IgnoreMatcher; readonly ahead?: ListAhead } = {},
): LocalTree {
  const { ignore, ahead } = options;
  const rootEntry = localEntry("", root, readRoot(root));
  const start = root.endsWith("/") ? root : `${root}/`;
  const directories = new Map<string, ReadonlyMap<string, LocalEntry>>();
  const listings = new Map<string, readonly string[]>();
  // A walk asks for the names of one directory after the other.
  let recentPath: string | undefined;
  let recent = empty;

  function directory(path: string): ReadonlyMap<string, LocalEntry> {
    if (path === recentPath) return recent;
    let entries = directories.get(path);
    if (entries === undefined) {
      entries = get(path)?.type === "directory" ? read(path) : empty;
      directories.set(path, entries);
    }
    recentPath = path;
    recent = entries;
    return entries;
  }

  function read(path: string): ReadonlyMap<string, LocalEntry> {
    const entries = new Map<string, LocalEntry>();
    const below = path === "" ? "" : `${path}/`;
    const ignored = new Set<string>();
    const mayCount = (name: string) => {
      if (ignore?.ignores(below + name) !== true) return true;
      ignored.add(name);
      return !ignore.canSkipDirectory(below + name);
    };
    const early = ahead?.take(path);
    const listing = early ?? listDirectory(start + path, mayCount);
    const { names } = listing;
    for (let at = 0; at < names.length; at++) {
      const name = names[at] as string;
      const child = below + name;
      if (early !== undefined && !mayCount(name)) continue;
      const look = lookAt(listing, at);
      // Gone since the directory was read.
      if (look === undefined || (look.mode & S_IFMT) === S_IFSOCK) continue;
      const isDirectory = (look.mode & S_IFMT) === S_IFDIR;
      if (ignored.has(name) && !(isDirectory && hasVisible(child))) continue;
      entries.set(name, localEntry(child, start + child, look));
      if (isDirectory && early === undefined) ahead?.found(child);
    }
    return entries;
  }

  /** Reads an ignored directory to see whether something in it is taken in again. */
  function hasVisible(path: string): boolean {
    try {
      const entries = read(path);
      if (entries.size > 0) directories.set(path, entries);
      return entries.size > 0;
    } catch (error) {
      // An ignored directory need not be readable.
      if (StrakeError.is(error) && (error.cause as NodeJS.ErrnoException).code === "EACCES") return false;
      throw error;
    }
  }

  function get(path: string): LocalEntry | undefined {
    if (path === "") return rootEntry;
    const slash = path.lastIndexOf("/");
    return directory(slash < 0 ? "" : path.slice(0, slash)).get(slash < 0 ? path : path.slice(slash + 1));
  }

  return {
    root,
    get,
    children(path) {
      let names = listings.get(path);
      if (names === undefined) {
        names = [...directory(path).keys()];
        listings.set(path, names);
      }
      return names;
    },
  };
}

const empty: ReadonlyMap<string, LocalEntry> = new Map();

function readRoot(root: string): Stats {
  try {
    const stats = statSync(root, { throwIfNoEntry: false });
    if (stats?.isDirectory()) return stats;
    const message = stats === undefined ? `there is no folder ${root}` : `${root} is not a folder`;
    throw new StrakeError({ code: "missing-context", message });
  } catch (cause) {
    if (StrakeError.is(cause)) throw cause;
    throw new StrakeError({
      code: "unreadable-file",
      message: `cannot read ${root}: ${(cause as Error).message}`,
      cause,
    });
  }
}
