import { parseWhiteout, type Whiteout } from "../layer/whiteout.ts";
import { OciError } from "../oci-error.ts";
import type { Entry, FileTree } from "./entry.ts";
import { resolvePath } from "./resolve-path.ts";

/** A tree that can also be listed. */
export interface ListedTree extends FileTree {
  /** Everything in the tree but the root, in tree order. */
  entries(): readonly Entry[];
}

/**
 * Lays layers over each other, from the bottom up, and shows what a container would see.
 *
 * Whiteouts and opaque directories act on the layers below only, wherever they stand in their own (OCI image spec,
 * "Applying Changesets"). As in containerd, the directories of a path are followed through symlinks inside the tree,
 * missing ones are made with mode 0755 and owner root, and whatever is no directory replaces what it meets. A hard link
 * is the file that its target is at that moment.
 *
 * @throws OciError `invalid-tar` for an entry below a file and for a hard link to nothing, `unsafe-path` for symlinks
 *   in a circle and malformed whiteouts
 */
export function layerTree(layers: readonly (readonly Entry[])[]): ListedTree {
  const tree = new LayerTree();
  for (const layer of layers) tree.apply(layer);
  return tree;
}

interface Node {
  entry: Entry;
  /** What is below, for directories. */
  children?: Map<string, Node>;
  /** The names of the children in tree order, once asked for. */
  names?: readonly string[];
}

class LayerTree implements ListedTree {
  #root: Node = directoryNode("");
  #entries: readonly Entry[] | undefined;
  /** The directory that the last entry went into, for the next one mostly goes there too. */
  #last: { written: string; path: string; node: Node } | undefined;

  apply(layer: readonly Entry[]): void {
    const kept: Entry[] = [];
    for (const entry of layer) {
      const whiteout = parseWhiteout(entry.path);
      if (whiteout === undefined) kept.push(entry);
      else this.#applyWhiteout(whiteout);
    }
    this.#last = undefined;
    for (const entry of kept) this.#add(entry);
    this.#last = undefined;
  }

  get(path: string): Entry | undefined {
    return this.#node(path)?.entry;
  }

  children(path: string): readonly string[] {
    const node = this.#node(path);
    if (node?.children === undefined) return [];
    node.names ??= [...node.children.keys()].sort();
    return node.names;
  }

  entries(): readonly Entry[] {
    this.#entries ??= listBelow(this.#root);
    return this.#entries;
  }

  #applyWhiteout(whiteout: Whiteout): void {
    if (whiteout.kind === "ignored") return;
    if (whiteout.kind === "opaque") {
      const { path } = resolvePath(this, whiteout.path, { followLast: true });
      this.#node(path)?.children?.clear();
    } else {
      const { directory, name } = split(whiteout.path);
      const { path } = resolvePath(this, directory, { followLast: true });
      this.#node(path)?.children?.delete(name);
    }
  }

  #add(entry: Entry): void {
    if (entry.path === "") {
      this.#root.entry = entry;
      return;
    }
    const { directory, name } = split(entry.path);
    const parent = this.#directory(directory);
    const path = parent.path === "" ? name : `${parent.path}/${name}`;
    const found = entry.type === "hardlink" ? this.#linked(entry, path) : entry;
    const placed = found.path === path ? found : { ...found, path };
    const existing = parent.node.children?.get(name);
    if (placed.type === "directory" && existing?.children !== undefined) {
      existing.entry = placed;
      return;
    }
    parent.node.children?.set(
      name,
      placed.type === "directory" ? { entry: placed, children: new Map() } : { entry: placed },
    );
    // The directory that went away may be the remembered one, or hold it.
    if (existing?.entry.type === "directory" || existing?.entry.type === "symlink") this.#last = undefined;
  }

  /** The directory that a path leads to, made where it is missing. */
  #directory(written: string): { path: string; node: Node } {
    if (this.#last?.written === written) return this.#last;
    const plain = this.#node(written);
    if (plain?.children !== undefined) {
      this.#last = { written, path: written, node: plain };
      return this.#last;
    }
    const { path } = resolvePath(this, written, { followLast: true });
    let node = this.#root;
    let end = 0;
    while (end < path.length) {
      const slash = path.indexOf("/", end + 1);
      const start = end === 0 ? 0 : end + 1;
      end = slash === -1 ? path.length : slash;
      const name = path.slice(start, end);
      let next = node.children?.get(name);
      if (next === undefined) {
        next = directoryNode(path.slice(0, end));
        node.children?.set(name, next);
      } else if (next.children === undefined) {
        throw new OciError(
          "invalid-tar",
          `the layer has something below "${path.slice(0, end)}", which is no directory`,
        );
      }
      node = next;
    }
    this.#last = { written, path, node };
    return this.#last;
  }

  #linked(entry: Entry, path: string): Entry {
    const { directory, name } = split(entry.linkname ?? "");
    const resolved = resolvePath(this, directory, { followLast: true });
    const target = this.get(resolved.path === "" ? name : `${resolved.path}/${name}`);
    if (target === undefined || target.type === "directory") {
      const what = target === undefined ? "is not there" : "is a directory";
      throw new OciError("invalid-tar", `the hard link "${path}" names "${entry.linkname}", which ${what}`);
    }
    return target.type === "file" ? { ...target, linkedTo: target.linkedTo ?? target.path } : target;
  }

  #node(path: string): Node | undefined {
    let node: Node | undefined = this.#root;
    let start = 0;
    while (start < path.length && node !== undefined) {
      const slash = path.indexOf("/", start);
      const end = slash === -1 ? path.length : slash;
      node = node.children?.get(path.slice(start, end));
      start = end + 1;
    }
    return node;
  }
}

function split(path: string): { directory: string; name: string } {
  const slash = path.lastIndexOf("/");
  return { directory: path.slice(0, Math.max(slash, 0)), name: path.slice(slash + 1) };
}

function directoryNode(path: string): Node {
  const entry: Entry = { path, type: "directory", mode: 0o755, uid: 0, gid: 0, size: 0, mtime: 0 };
  return { entry, children: new Map() };
}

function listBelow(root: Node): Entry[] {
  const entries: Entry[] = [];
  const pending = childrenBackwards(root);
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    entries.push(node.entry);
    for (const child of childrenBackwards(node)) pending.push(child);
  }
  return entries;
}

function childrenBackwards(node: Node): Node[] {
  if (node.children === undefined) return [];
  if (node.children.size < 2) return [...node.children.values()];
  const names = [...node.children.keys()].sort().reverse();
  return names.map((name) => node.children?.get(name) as Node);
}
