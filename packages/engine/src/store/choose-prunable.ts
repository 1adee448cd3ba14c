import { join, relative } from "node:path";
import { type Digest, digestParts } from "@strake/oci";
import { readIfPresent } from "./atomic-file.ts";
import type { ImageRecord } from "./image-records.ts";
import { type Candidate, candidate, filesBelow, foldersIn, type PruneWish } from "./prunable.ts";
import type { Store } from "./store.ts";

/** Folders of small files that say what was found out: results of steps, lists of files, what registries have, and so on. */
export const records: readonly string[] = [
  "runs",
  "actions",
  "indexes",
  "manifests",
  "outputs",
  "builds",
  "contexts",
  "build-files",
  "logs",
  "pushed",
  "repeats",
];

/**
 * Chooses what a wish is about: what refers to something stands before it.
 *
 * @param containers the manifests of images that containers stand on
 */
export function choosePrunable(store: Store, containers: readonly string[], wish: PruneWish): readonly Candidate[] {
  const old = ({ used }: Candidate) => wish.now - used >= wish.unusedFor;
  const images = store.images.list();
  const named = images.filter(({ name }) => name !== undefined).map(({ manifest }) => manifest);
  const needed = blobsOf(store, [...named, ...containers]);
  const unnamed = images.filter(({ name }) => name === undefined).map((record) => unnamedImage(store, record));
  // An image that is not old yet keeps its layers from being, however old they are.
  const usedWith = new Map<string, number>();
  for (const { blobs, used } of unnamed) {
    for (const blob of blobs) usedWith.set(blob, Math.max(used, usedWith.get(blob) ?? 0));
  }
  const small = records.flatMap((folder) => files(store, folder).map((path) => candidate(store, "record", path)));
  const stored = files(store, join("blobs", "sha256")).map((path) => candidate(store, "blob", path));
  const blobs = stored
    .filter(({ path }) => !needed.has(nameOf(path)))
    .map((each) => ({ ...each, used: Math.max(each.used, usedWith.get(nameOf(each.path)) ?? 0) }));
  const layers = foldersIn(store, "snapshots").map((path) => candidate(store, "layer", path));
  // To know their sizes, every file of theirs has to be looked at.
  const counted = wish.caches || wish.keepBytes !== undefined;
  const mounts = counted ? foldersIn(store, "caches").map((path) => candidate(store, "cache", path)) : [];
  const large = [...layers, ...blobs, ...(wish.caches ? mounts : [])];
  const chosen = new Set<Candidate>(large.filter(old));
  if (wish.keepBytes !== undefined) {
    const left = sizeOfAll([...layers, ...stored, ...mounts]) - sizeOfAll([...chosen]);
    for (const each of leastRecently(large, chosen, left - wish.keepBytes)) chosen.add(each);
  }
  const gone = new Set([...chosen].filter(({ kind }) => kind === "blob").map(({ path }) => nameOf(path)));
  const broken = unnamed.filter((image) => old(image) || image.blobs.some((blob) => gone.has(blob)));
  return [...broken, ...small.filter(old), ...large.filter((each) => chosen.has(each))];
}

/** Those that were used least recently and were not chosen yet, until they make up so many bytes. */
function leastRecently(all: readonly Candidate[], chosen: ReadonlySet<Candidate>, bytes: number): readonly Candidate[] {
  const more: Candidate[] = [];
  let left = bytes;
  for (const each of [...all].sort((one, other) => one.used - other.used)) {
    if (left <= 0) break;
    if (chosen.has(each)) continue;
    more.push(each);
    left -= each.size;
  }
  return more;
}

function unnamedImage(store: Store, record: ImageRecord): Candidate & { readonly blobs: readonly string[] } {
  const path = relative(store.folder, store.images.path(record));
  return { ...candidate(store, "image", path), blobs: [...blobsOf(store, [record.manifest])] };
}

/** The names of the blobs that manifests and indexes need, they themselves among them. */
function blobsOf(store: Store, documents: readonly string[]): ReadonlySet<string> {
  const needed = new Set<string>();
  const visit = (digest: string): void => {
    const name = digestParts(digest as Digest).hex;
    if (needed.has(name)) return;
    needed.add(name);
    const { config, layers = [], manifests = [] } = readDocument(store, digest);
    for (const each of [...(config === undefined ? [] : [config]), ...layers]) {
      needed.add(digestParts(each.digest as Digest).hex);
    }
    for (const each of manifests) visit(each.digest);
  };
  for (const digest of documents) visit(digest);
  return needed;
}

/** What a manifest or an index names. */
interface Names {
  readonly config?: { readonly digest: string };
  readonly layers?: readonly { readonly digest: string }[];
  readonly manifests?: readonly { readonly digest: string }[];
}

/** A document that is missing, or damaged, names nothing. */
function readDocument(store: Store, digest: string): Names {
  try {
    return (JSON.parse(readIfPresent(store.blobs.path(digest as Digest)) ?? "{}") ?? {}) as Names;
  } catch {
    return {};
  }
}

/** Files that are whole; those that somebody is writing, or was, have names of their own. */
function files(store: Store, folder: string): readonly string[] {
  return filesBelow(store, folder).filter((path) => !path.endsWith(".tmp"));
}

function sizeOfAll(all: readonly Candidate[]): number {
  return all.reduce((sum, { size }) => sum + size, 0);
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
