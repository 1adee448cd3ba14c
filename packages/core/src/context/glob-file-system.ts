import type { Dirent, Stats } from "node:fs";
import type { Entry, FileTree } from "@strake/oci";
import type { FileSystemAdapter } from "fast-glob";

/** Lets fast-glob walk a tree of files as if it were the disk; the tree's root is `/`. */
export function globFileSystem(tree: FileTree): Partial<FileSystemAdapter> {
  const entryAt = (path: string): Entry => {
    const entry = tree.get(path.replace(/^\/+/, "").replace(/\/+$/, ""));
    if (entry !== undefined) return entry;
    throw Object.assign(new Error(`ENOENT: ${path}`), { code: "ENOENT" });
  };
  const list = (path: string): Dirent[] => {
    const folder = entryAt(path).path;
    return tree.children(folder).map((name) => {
      const entry = tree.get(folder === "" ? name : `${folder}/${name}`) as Entry;
      return { name, parentPath: path, path, ...kindOf(entry) } as unknown as Dirent;
    });
  };
  const stat = (path: string): Stats => kindOf(entryAt(path)) as unknown as Stats;
  return {
    lstatSync: stat,
    statSync: stat,
    readdirSync: list as unknown as FileSystemAdapter["readdirSync"],
  };
}

function kindOf({ type }: Entry) {
  return {
    isFile: () => type === "file",
    isDirectory: () => type === "directory",
    isSymbolicLink: () => type === "symlink",
    isBlockDevice: () => type === "block",
    isCharacterDevice: () => type === "character",
    isFIFO: () => type === "fifo",
    isSocket: () => false,
  };
}
