import { existsSync, lstatSync, readdirSync, renameSync, rmdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { StrakeError } from "@strake/core";
import { type Digest, digestParts } from "@strake/oci";
import { isAlive, processName } from "../kernel/process-name.ts";
import { readIfPresent } from "./atomic-file.ts";
import { startPruning } from "./lease.ts";
import { makeFolder } from "./make-folder.ts";
import type { Store } from "./store.ts";

/** What is to be removed from a store. */
export interface PruneWish {
  /** Only what has not been used for so long, in milliseconds. */
  readonly unusedFor: number;
  /** Beyond that, what was used least recently, until the store is no larger; in bytes. */
  readonly keepBytes?: number;
  /** Cache mounts too. */
  readonly caches: boolean;
  /** Nothing is removed, only found. */
  readonly dryRun: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** One thing that was removed, or would be. */
export interface Pruned {
  readonly kind: "layer" | "blob" | "cache" | "record" | "leftover";
  /** Where it is, below the store. */
  readonly path: string;
  readonly size: number;
}

/** A thing that may be removed. */
interface Candidate extends Pruned {
  /** Milliseconds since 1970. */
  readonly used: number;
}

/** Folders of small files that say what was found out: results of steps, lists of files, what builds knew. */
const records = ["runs", "actions", "indexes", "manifests", "outputs", "builds", "contexts", "build-files", "logs"];

/** How long something that is being written may lie about, in milliseconds. */
const passingFor = 3_600_000;

/**
 * Removes what has not been used for long, and more where the store is too large.
 *
 * Named images and containers keep what they need. What refers to something goes before it: whoever is killed in the
 * middle leaves a store in which something is missing at most, and what is missing is made again.
 *
 * @param containers the manifests of images that containers stand on
 * @throws StrakeError `store-in-use` while a build or a container uses the store
 */
export function prune(store: Store, containers: readonly string[], wish: PruneWish): readonly Pruned[] {
  const pruning = startPruning(store.folder);
  if (pruning === undefined) {
    throw new StrakeError({
      code: "store-in-use",
      message: "the store is in use: a build or a container is running",
      notes: ["Try again when it has ended."],
    });
  }
  try {
    const found = [...leftovers(store, wish), ...choose(store, containers, wish)];
    if (!wish.dryRun) for (const each of found) removeOne(store, each);
    return found.map(({ kind, path, size }) => ({ kind, path, size }));
  } finally {
    pruning.release();
  }
}

function choose(store: Store, containers: readonly string[], wish: PruneWish): readonly Candidate[] {
  const needed = neededBlobs(store, containers);
  const small = records.flatMap((folder) => filesBelow(store, folder).map((path) => candidate(store, "record", path)));
  const blobs = filesBelow(store, join("blobs", "sha256"))
    .filter((path) => !needed.has(path.slice(path.lastIndexOf("/") + 1)))
    .map((path) => candidate(store, "blob", path));
  const layers = foldersIn(store, "snapshots").map((path) => candidate(store, "layer", path));
  const caches = wish.caches ? foldersIn(store, "caches").map((path) => candidate(store, "cache", path)) : [];
  const large = [...layers, ...blobs, ...caches];
  const old = ({ used }: Candidate) => wish.now - used >= wish.unusedFor;
  const chosen = new Set(large.filter(old));
  if (wish.keepBytes !== undefined) {
    let total = large.reduce((sum, { size }) => sum + size, 0) - [...chosen].reduce((sum, { size }) => sum + size, 0);
    for (const each of [...large].sort((left, right) => left.used - right.used)) {
      if (total <= wish.keepBytes) break;
      if (chosen.has(each)) continue;
      chosen.add(each);
      total -= each.size;
    }
  }
  return [...small.filter(old), ...large.filter((each) => chosen.has(each))];
}

/** The names of the blobs that named images and containers need. */
function neededBlobs(store: Store, containers: readonly string[]): ReadonlySet<string> {
  const needed = new Set<string>();
  const add = (digest: string) => needed.add(digestParts(digest as Digest).hex);
  for (const manifest of [...store.images.list().map((record) => record.manifest as string), ...containers]) {
    add(manifest);
    const text = readIfPresent(store.blobs.path(manifest as Digest));
    if (text === undefined) continue;
    const { config, layers = [] } = JSON.parse(text) as { config?: { digest: string }; layers?: { digest: string }[] };
    for (const { digest } of [...(config === undefined ? [] : [config]), ...layers]) add(digest);
  }
  return needed;
}

/** What processes that were killed left behind. */
function leftovers(store: Store, { now }: PruneWish): readonly Candidate[] {
  const scratch = foldersIn(store, "scratch").filter((path) => !isAlive(path.slice("scratch/".length)));
  const probes = foldersIn(store, "").filter((path) => path.startsWith("probe-"));
  const passing = [...records, "blobs", "images"]
    .flatMap((folder) => filesBelow(store, folder))
    .filter((path) => path.endsWith(".tmp"));
  return [...scratch, ...probes, ...passing]
    .map((path) => candidate(store, "leftover", path))
    .filter(({ path, used }) => path.startsWith("scratch/") || now - used > passingFor);
}

function candidate(store: Store, kind: Pruned["kind"], path: string): Candidate {
  const full = join(store.folder, path);
  return { kind, path, size: sizeOf(full), used: lstatSync(full, { throwIfNoEntry: false })?.mtimeMs ?? 0 };
}

function sizeOf(path: string): number {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return 0;
  if (!stat.isDirectory()) return stat.size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}

/** A folder gets another name first, so that nobody finds half of it. */
function removeOne(store: Store, { path }: Pruned): void {
  const full = join(store.folder, path);
  const stat = lstatSync(full, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (!stat.isDirectory() || path.startsWith("scratch/")) {
    rmSync(full, { recursive: true, force: true });
    removeIfEmpty(dirname(full));
    return;
  }
  makeFolder(join(store.folder, "scratch"));
  const passing = join(store.folder, "scratch", `${processName()}-pruned-${path.replaceAll("/", "-")}`);
  renameSync(full, passing);
  rmSync(passing, { recursive: true, force: true });
  removeIfEmpty(dirname(full));
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Something else is in it.
  }
}

function foldersIn(store: Store, folder: string): readonly string[] {
  return entriesIn(join(store.folder, folder))
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => (folder === "" ? name : `${folder}/${name}`));
}

function filesBelow(store: Store, folder: string): readonly string[] {
  return entriesIn(join(store.folder, folder)).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? filesBelow(store, path) : [path];
  });
}

function entriesIn(path: string) {
  return existsSync(path) ? readdirSync(path, { withFileTypes: true }) : [];
}
