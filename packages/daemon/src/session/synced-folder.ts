import { statSync } from "node:fs";
import { basename, dirname } from "node:path";
import type { CopySelection } from "@strake/core";
import {
  type IgnoreMatcher,
  ignoreMatcher,
  type LocalTree,
  localTree,
  normalMode,
  selectFiles,
} from "@strake/core/context";
import type { Digest } from "@strake/oci";
import { followedPaths, type SentPaths } from "./followed-paths.ts";
import type { SentStat } from "./fsutil-packets.ts";

/** A folder or a file of this machine, and what of it the daemon sees. */
export interface SyncedFolder {
  /** Absolute. */
  readonly path: string;
  /** Modes as they are, or 0755 for what is executable and 0644 for the rest. */
  readonly permissions: "normal" | "source";
  /** What of the folder does not exist for a build; asked when the folder is read. */
  readonly ignore?: () => IgnoreMatcher;
  /** Only what these globs choose. */
  readonly selection?: Exclude<CopySelection, { path: string }>;
  /**
   * Finds digests of files that tell a changed file from an unchanged one better than times do.
   *
   * With them the daemon keeps what it has from an earlier build although times have changed, as after a checkout.
   */
  readonly digests?: (tree: LocalTree, paths: readonly string[]) => Promise<ReadonlyMap<string, Digest>>;
}

/**
 * Lists what of a folder the daemon asks for, in the order that fsutil demands: by bytes, a folder before its content.
 *
 * @param follow the paths that the build reads
 * @param exclude patterns of an ignore file
 */
export async function listFolder(
  folder: SyncedFolder,
  follow: readonly string[],
  exclude: readonly string[] = [],
): Promise<{ readonly root: string; readonly stats: Iterable<SentStat> }> {
  const { tree, sent } = await openFolder(folder, follow);
  const excluded = exclude.length === 0 ? undefined : ignoreMatcher(exclude);
  const paths = walk(tree, "", (path) => sent.includes(path) && excluded?.ignores(path) !== true);
  if (folder.digests === undefined || folder.permissions === "source") {
    return { root: tree.root, stats: statsOf(tree, paths, folder.permissions) };
  }
  const all = [...paths];
  const files = all.filter((path) => tree.get(path)?.type === "file");
  return { root: tree.root, stats: statsOf(tree, all, folder.permissions, await folder.digests(tree, files)) };
}

/** Made while they are taken, so that the daemon works on the first while the folder is still being read. */
function* statsOf(
  tree: LocalTree,
  paths: Iterable<string>,
  permissions: SyncedFolder["permissions"],
  digests?: ReadonlyMap<string, Digest>,
): Generator<SentStat> {
  for (const path of paths) yield statOf(tree, path, permissions, digests?.get(path));
}

async function openFolder(
  folder: SyncedFolder,
  follow: readonly string[],
): Promise<{ readonly tree: LocalTree; readonly sent: SentPaths }> {
  if (!statSync(folder.path, { throwIfNoEntry: false })?.isDirectory()) {
    const tree = localTree(dirname(folder.path));
    return { tree, sent: { includes: (path) => path === basename(folder.path) } };
  }
  const tree = localTree(folder.path, folder.ignore === undefined ? {} : { ignore: folder.ignore() });
  if (folder.selection === undefined) return { tree, sent: followedPaths(tree, follow) };
  const chosen = new Set<string>();
  for (const path of await selectFiles(tree, folder.selection)) {
    for (let at = path; at !== ""; at = at.slice(0, Math.max(0, at.lastIndexOf("/")))) chosen.add(at);
  }
  return { tree, sent: { includes: (path) => chosen.has(path) } };
}

function* walk(tree: LocalTree, folder: string, keep: (path: string) => boolean): Generator<string> {
  for (const name of inByteOrder(tree.children(folder))) {
    const path = folder === "" ? name : `${folder}/${name}`;
    if (!keep(path)) continue;
    yield path;
    if (tree.get(path)?.type === "directory") yield* walk(tree, path, keep);
  }
}

/** Trees are in the order of UTF-16, which differs where a name has a surrogate. */
function inByteOrder(names: readonly string[]): readonly string[] {
  if (!names.some((name) => /[\ud800-\udfff]/.test(name))) return names;
  return [...names].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
}

function statOf(
  tree: LocalTree,
  path: string,
  permissions: SyncedFolder["permissions"],
  digest: Digest | undefined,
): SentStat {
  const entry = tree.get(path);
  if (entry === undefined) throw new Error(`${path} is gone`);
  const folder = entry.type === "directory";
  const isLink = entry.type === "symlink";
  const mode = permissions === "source" || isLink ? entry.mode : normalMode(entry.mode, folder);
  // The copy of a normal file gets its own time; until then the time is where the content is known by.
  const modTime = digest === undefined ? BigInt(Math.round(entry.mtimeMs * 1000)) * 1000n : contentTime(digest);
  return {
    path,
    type: entry.type,
    mode: isLink ? 0o777 : mode,
    size: entry.type === "file" ? entry.size : 0,
    modTime: permissions === "normal" && entry.type !== "file" ? 0n : modTime,
    ...(entry.linkname === undefined ? {} : { linkname: entry.linkname }),
  };
}

/** A time made of the first bits of a digest; within the years that every file system can keep. */
function contentTime(digest: Digest): bigint {
  const hex = digest.slice(digest.indexOf(":") + 1);
  return (BigInt(`0x${hex.slice(0, 14)}`) % 2_000_000_000_000_000n) * 1000n;
}
