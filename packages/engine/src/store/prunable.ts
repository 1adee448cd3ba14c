import { existsSync, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Store } from "./store.ts";

/** What is to be removed from a store. */
export interface PruneWish {
  /** Only what has not been used for so long, in milliseconds. */
  readonly unusedFor: number;
  /** Beyond that, what was used least recently, until the store is no larger; in bytes, with what has to stay. */
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
  readonly kind: "layer" | "blob" | "image" | "cache" | "record" | "leftover";
  /** Where it is, below the store. */
  readonly path: string;
  readonly size: number;
}

/** A thing that may be removed. */
export interface Candidate extends Pruned {
  /** Milliseconds since 1970. */
  readonly used: number;
}

/** Looks at something of a store: how large it is, and when it was last used. */
export function candidate(store: Store, kind: Pruned["kind"], path: string): Candidate {
  const full = join(store.folder, path);
  return { kind, path, size: sizeOf(full), used: lstatSync(full, { throwIfNoEntry: false })?.mtimeMs ?? 0 };
}

function sizeOf(path: string): number {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return 0;
  if (!stat.isDirectory()) return stat.size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}

/** The folders in a folder of a store, as paths below the store. */
export function foldersIn(store: Store, folder: string): readonly string[] {
  return entriesIn(join(store.folder, folder))
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => (folder === "" ? name : `${folder}/${name}`));
}

/** The files below a folder of a store, as paths below the store. */
export function filesBelow(store: Store, folder: string): readonly string[] {
  return entriesIn(join(store.folder, folder)).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? filesBelow(store, path) : [path];
  });
}

function entriesIn(path: string) {
  return existsSync(path) ? readdirSync(path, { withFileTypes: true }) : [];
}
