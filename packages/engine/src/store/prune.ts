import { lstatSync, renameSync, rmdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { StrakeError } from "@strake/core";
import { isAlive, processName } from "../kernel/process-name.ts";
import { choosePrunable, records } from "./choose-prunable.ts";
import { partialFolder } from "./fetch-blob.ts";
import { startPruning } from "./lease.ts";
import { tryLock } from "./lock.ts";
import { makeFolder } from "./make-folder.ts";
import { type Candidate, candidate, filesBelow, foldersIn, type Pruned, type PruneWish } from "./prunable.ts";
import type { Store } from "./store.ts";

/** How long something that is being written may lie about, in milliseconds. */
const passingFor = 3_600_000;

/**
 * Removes what has not been used for long, and more where the store is too large.
 *
 * Named images and containers keep what they need; so do images without names as long as they are not old. What refers
 * to something goes before it: whoever is killed in the middle leaves a store in which something is missing at most, and
 * what is missing is made again.
 *
 * @param containers tells the manifests of images that containers stand on
 * @throws StrakeError `store-in-use` while a build or a container uses the store
 */
export function prune(store: Store, containers: () => readonly string[], wish: PruneWish): readonly Pruned[] {
  const pruning = startPruning(store.folder);
  if (pruning === undefined) {
    throw new StrakeError({
      code: "store-in-use",
      message: "the store is in use: a build or a container is running",
      notes: ["Try again when it has ended."],
    });
  }
  try {
    const found = [...leftovers(store, wish), ...choosePrunable(store, containers(), wish)];
    if (!wish.dryRun) {
      for (const each of found) removeOne(store, each);
      sweepLocks(store);
    }
    return found.map(({ kind, path, size }) => ({ kind, path, size }));
  } finally {
    pruning.release();
  }
}

/** What processes that were killed left behind. */
function leftovers(store: Store, { now, unusedFor }: PruneWish): readonly Candidate[] {
  const scratch = foldersIn(store, "scratch").filter((path) => !isAlive(path.slice("scratch/".length)));
  const probes = foldersIn(store, "").filter((path) => path.startsWith("probe-"));
  const passing = [...records, "blobs", "images"]
    .flatMap((folder) => filesBelow(store, folder))
    .filter((path) => path.endsWith(".tmp"));
  // What has come of a blob is of use to whoever fetches it again.
  const partial = filesBelow(store, partialFolder).map((path) => candidate(store, "leftover", path));
  return [
    ...[...scratch, ...probes, ...passing]
      .map((path) => candidate(store, "leftover", path))
      .filter(({ path, used }) => path.startsWith("scratch/") || now - used > passingFor),
    ...partial.filter(({ used }) => now - used >= unusedFor),
  ];
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

/** Files of locks whose processes were killed; the others keep theirs. */
function sweepLocks(store: Store): void {
  for (const path of filesBelow(store, "locks")) {
    try {
      tryLock(join(store.folder, path))?.release();
    } catch {
      // A machine that cannot lock has no locks.
      return;
    }
  }
}
