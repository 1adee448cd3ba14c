import { hasWildcard, pathMatcher } from "@strake/core/context";
import type { FileTree } from "@strake/oci";

/** How many links may be gone through to reach one path, as on Linux. */
const linkLimit = 40;

/** Which files of a folder are sent. */
export interface SentPaths {
  /** Tells whether a file, or a folder that leads to one, is sent. */
  includes(path: string): boolean;
}

/**
 * Finds what has to be sent so that some paths can be read: they, all below them, and what links on the way lead to.
 *
 * @param patterns paths that may have wildcards in their components; none means everything
 */
export function followedPaths(tree: FileTree, patterns: readonly string[]): SentPaths {
  const whole = new Set<string>();
  const above = new Set<string>();
  for (const pattern of patterns) follow(tree, partsOf(pattern), [], linkLimit, whole);
  if (patterns.length === 0 || whole.has("")) return { includes: () => true };
  for (const path of whole) for (let at = parent(path); at !== ""; at = parent(at)) above.add(at);
  return {
    includes(path) {
      if (above.has(path)) return true;
      for (let at = path; at !== ""; at = parent(at)) if (whole.has(at)) return true;
      return false;
    },
  };
}

function follow(
  tree: FileTree,
  parts: readonly string[],
  before: readonly string[],
  links: number,
  found: Set<string>,
): void {
  const [part, ...rest] = parts;
  if (part === undefined) {
    found.add(before.join("/"));
    return;
  }
  const folder = before.join("/");
  if (part === "**") {
    found.add(folder);
    return;
  }
  const names = hasWildcard(part) ? tree.children(folder).filter(pathMatcher(part)) : [part];
  for (const name of names) {
    const path = [...before, name];
    const entry = tree.get(path.join("/"));
    if (entry?.type !== "symlink") {
      if (entry !== undefined) follow(tree, rest, path, links, found);
      continue;
    }
    found.add(entry.path);
    if (links > 0) follow(tree, [...targetOf(before, entry.linkname ?? ""), ...rest], [], links - 1, found);
  }
}

/** Where a link leads within the root; above the root is the root. */
function targetOf(folder: readonly string[], target: string): readonly string[] {
  const parts = target.startsWith("/") ? [] : [...folder];
  for (const part of target.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return parts;
}

function partsOf(path: string): readonly string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}

function parent(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}
