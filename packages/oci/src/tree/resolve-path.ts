import { OciError } from "../oci-error.ts";
import type { Entry, FileTree } from "./entry.ts";

/** The most symlinks that are followed for one path, as in Linux. */
const maximumLinks = 40;

/** The longest path or link target in UTF-16 code units, after Linux's PATH_MAX. */
const maximumLength = 4096;

/** Where a path leads in a tree. */
export interface ResolvedPath<E extends Entry = Entry> {
  /** The path without symlinks; that of the place to create it where nothing is there. */
  readonly path: string;
  readonly entry: E | undefined;
}

/**
 * Follows the symlinks of a path inside a tree, as the kernel does in a chroot.
 *
 * Absolute targets begin at the tree's root again and `..` never leaves it. What lies below a missing name or a file is
 * not there, and its path goes on by name.
 *
 * @param path relative to the root or absolute; slashes at its end say nothing
 * @param options.followLast whether a symlink at the path itself is followed
 * @throws OciError `unsafe-path` after 40 symlinks, and for paths and targets of more than 4096 characters
 */
export function resolvePath<E extends Entry>(
  tree: FileTree<E>,
  path: string,
  options: { readonly followLast: boolean },
): ResolvedPath<E> {
  const pending = componentsOf(path).reverse();
  let resolved = "";
  let links = 0;
  let entry = tree.get("");
  while (pending.length > 0) {
    const component = pending.pop() as string;
    if (component === "..") {
      resolved = resolved.slice(0, Math.max(resolved.lastIndexOf("/"), 0));
      entry = tree.get(resolved);
      continue;
    }
    const next = resolved === "" ? component : `${resolved}/${component}`;
    entry = entry?.type === "directory" ? tree.get(next) : undefined;
    if (entry?.type !== "symlink" || (pending.length === 0 && !options.followLast)) {
      resolved = next;
      continue;
    }
    if (++links > maximumLinks) throw new OciError("unsafe-path", `"${path}" leads through too many symlinks`);
    const target = entry.linkname ?? "";
    if (target.startsWith("/")) resolved = "";
    pending.push(...componentsOf(target).reverse());
    entry = tree.get(resolved);
  }
  return { path: resolved, entry };
}

function componentsOf(path: string): string[] {
  if (path.length > maximumLength) {
    throw new OciError("unsafe-path", `"${path.slice(0, 80)}…" has more than ${maximumLength} characters`);
  }
  return path.split("/").filter((component) => component !== "" && component !== ".");
}
