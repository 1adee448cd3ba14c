import { StrakeError } from "@strake/core";
import { comparePaths, type Entry, type FileTree, resolvePath } from "@strake/oci";

/** Who owns a new entry. */
export interface Ownership {
  readonly uid: number;
  readonly gid: number;
}

/** How folders are made that a path needs and that are not there. */
export interface NewFolder extends Ownership {
  readonly mode: number;
}

export const rootFolder: NewFolder = Object.freeze({ uid: 0, gid: 0, mode: 0o755 });

/**
 * Puts the entries of one new layer together, over the files of the layers below it.
 *
 * It answers what is at a path as if the layer were already there, so that actions see what earlier ones did. Only what
 * is new or changed becomes part of the layer.
 */
export class LayerBuilder implements FileTree {
  readonly #below: FileTree;
  readonly #entries = new Map<string, Entry>();
  readonly #names = new Map<string, Set<string>>();

  constructor(below: FileTree) {
    this.#below = below;
  }

  get(path: string): Entry | undefined {
    return this.#entries.get(path) ?? this.#below.get(path);
  }

  children(path: string): readonly string[] {
    const below = this.#below.children(path);
    const added = this.#names.get(path);
    return added === undefined ? below : [...new Set([...below, ...added])].sort(comparePaths);
  }

  /** Follows links as the image's own kernel would, the last name included. */
  resolve(path: string): string {
    return resolvePath(this, path, { followLast: true }).path;
  }

  /**
   * Makes a folder and the folders above it; one that is there stays as it is.
   *
   * @returns the path after links have been followed
   * @throws StrakeError `not-a-folder` where something else is in the way
   */
  makeFolder(path: string, folder: NewFolder): string {
    const resolved = this.resolve(path);
    const missing: string[] = [];
    let at = resolved;
    for (; at !== ""; at = parent(at)) {
      const existing = this.get(at);
      if (existing?.type === "directory") break;
      if (existing !== undefined) throw inTheWay(at, existing, "a folder");
      missing.push(at);
    }
    for (const name of missing.reverse()) this.#add({ path: name, type: "directory", size: 0, mtime: 0, ...folder });
    return resolved;
  }

  /**
   * Puts an entry at its path, whose parent has to be there.
   *
   * A file replaces a file or a link; a folder over a folder changes its mode and owner.
   *
   * @throws StrakeError `not-a-folder` for a folder over something else, `is-a-folder` for the reverse
   */
  put(entry: Entry): void {
    const existing = this.get(entry.path);
    if (entry.type === "directory") {
      if (existing !== undefined && existing.type !== "directory") throw inTheWay(entry.path, existing, "a folder");
    } else if (existing?.type === "directory") {
      throw new StrakeError({
        code: "is-a-folder",
        message: `cannot put a file at /${entry.path}: the image has a folder there`,
      });
    }
    this.#add(entry);
  }

  /** The entries of the layer, in the order of its tar. */
  entries(): readonly Entry[] {
    return [...this.#entries.values()].sort((left, right) => comparePaths(left.path, right.path));
  }

  #add(entry: Entry): void {
    this.#entries.set(entry.path, entry);
    const above = parent(entry.path);
    const names = this.#names.get(above);
    const name = entry.path.slice(above === "" ? 0 : above.length + 1);
    if (names === undefined) this.#names.set(above, new Set([name]));
    else names.add(name);
  }
}

/** The path of the folder that a path is in; the root is `""`. */
export function parent(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash === -1 ? "" : path.slice(0, slash);
}

function inTheWay(path: string, existing: Entry, wanted: string): StrakeError {
  const what = existing.type === "symlink" ? `a symlink to ${existing.linkname}` : `a ${existing.type}`;
  return new StrakeError({
    code: "not-a-folder",
    message: `cannot make ${wanted} at /${path}: the image has ${what} there`,
    notes: existing.type === "symlink" ? [`Copy into /${path}/ itself, or into the folder that the link names.`] : [],
  });
}
