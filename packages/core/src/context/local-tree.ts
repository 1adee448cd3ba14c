import { constants, type Stats, statSync } from "node:fs";
import type { Entry, FileTree } from "@strake/oci";
import { StrakeError } from "../strake-error.ts";
import { type FileLook, type FileStat, listDirectory, lookAt } from "./directory-listing.ts";
import type { IgnoreMatcher } from "./ignore.ts";
import type { ListAhead } from "./list-ahead.ts";
import { localEntry } from "./local-entry.ts";

/** A folder of this machine as a tree of files. */
export interface LocalTree extends FileTree {
  /** The absolute path of the folder. */
  readonly root: string;
  /** What the file system said of a path when its directory was read, or undefined where nothing is. */
  stat(path: string): FileStat | undefined;
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
  const rootNode = makeNode("", root, readRoot(root));
  const start = root.endsWith("/") ? root : `${root}/`;
  const directories = new Map<string, ReadonlyMap<string, Node>>();
  const listings = new Map<string, readonly string[]>();
  // A walk asks for the names of one directory after the other.
  let recentPath: string | undefined;
  let recent = empty;

  function directory(path: string): ReadonlyMap<string, Node> {
    if (path === recentPath) return recent;
    let nodes = directories.get(path);
    if (nodes === undefined) {
      nodes = find(path)?.entry.type === "directory" ? read(path) : empty;
      directories.set(path, nodes);
    }
    recentPath = path;
    recent = nodes;
    return nodes;
  }

  function read(path: string): ReadonlyMap<string, Node> {
    const nodes = new Map<string, Node>();
    const below = path === "" ? "" : `${path}/`;
    const early = ahead?.take(path);
    const listing = early ?? listDirectory(start + path, (name) => !canSkip(below + name));
    const { names } = listing;
    for (let at = 0; at < names.length; at++) {
      const name = names[at] as string;
      const child = below + name;
      const ignored = ignore?.ignores(child) === true;
      if (ignored && early !== undefined && canSkip(child)) continue;
      const look = lookAt(listing, at);
      // Gone since the directory was read.
      if (look === undefined || (look.mode & S_IFMT) === S_IFSOCK) continue;
      const isDirectory = (look.mode & S_IFMT) === S_IFDIR;
      if (ignored && !(isDirectory && hasVisible(child))) continue;
      nodes.set(name, makeNode(child, start + child, look));
      if (isDirectory && early === undefined) ahead?.found(child);
    }
    return nodes;
  }

  function canSkip(path: string): boolean {
    return ignore?.ignores(path) === true && ignore.canSkipDirectory(path);
  }

  /** Reads an ignored directory to see whether something in it is taken in again. */
  function hasVisible(path: string): boolean {
    try {
      const nodes = read(path);
      if (nodes.size > 0) directories.set(path, nodes);
      return nodes.size > 0;
    } catch (error) {
      // An ignored directory need not be readable.
      if (StrakeError.is(error) && (error.cause as NodeJS.ErrnoException).code === "EACCES") return false;
      throw error;
    }
  }

  function find(path: string): Node | undefined {
    if (path === "") return rootNode;
    const slash = path.lastIndexOf("/");
    return directory(slash < 0 ? "" : path.slice(0, slash)).get(slash < 0 ? path : path.slice(slash + 1));
  }

  return {
    root,
    get: (path) => find(path)?.entry,
    stat: find,
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

/** A name that was read; one object for both answers, as a tree has many. */
interface Node extends FileStat {
  readonly entry: Entry;
}

const empty: ReadonlyMap<string, Node> = new Map();

const { S_IFMT, S_IFDIR, S_IFSOCK } = constants;

function makeNode(path: string, host: string, look: FileLook): Node {
  const { size, mtimeMs, ctimeMs, ino } = look;
  return { entry: localEntry(path, host, look), size, mtimeMs, ctimeMs, ino };
}

function readRoot(root: string): Stats {
  try {
    const stats = statSync(root, { throwIfNoEntry: false });
    if (stats?.isDirectory()) return stats;
  } catch (cause) {
    throw new StrakeError({
      code: "unreadable-file",
      message: `cannot read ${root}: ${(cause as Error).message}`,
      cause,
    });
  }
  throw new StrakeError({ code: "missing-context", message: `${root} is not a directory` });
}
