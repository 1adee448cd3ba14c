import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Digest, DiskBlobStore, decodeEntries, digestParts, type Entry, encodeEntries } from "@strake/oci";
import { ActionCache } from "./action-cache.ts";
import { readIfPresent, touch, writeAtomically } from "./atomic-file.ts";
import { CacheMounts } from "./cache-mounts.ts";
import { ImageRecords } from "./image-records.ts";
import { withLock } from "./lock.ts";
import { RunResults } from "./run-results.ts";

/**
 * The folder that everything is kept in: blobs, results of steps, indexes of layers, named images.
 *
 * Any number of processes may share it: every file is written under a passing name and renamed, and what a file is
 * called by says what is in it. Nothing is written before something is kept, so reading a store leaves no trace.
 */
export class Store {
  readonly folder: string;
  readonly blobs: DiskBlobStore;
  readonly actions: ActionCache;
  readonly runs: RunResults;
  readonly caches: CacheMounts;
  readonly images: ImageRecords;

  constructor(folder: string) {
    this.folder = folder;
    this.blobs = new DiskBlobStore(folder);
    this.actions = new ActionCache(folder);
    this.runs = new RunResults(folder);
    this.caches = new CacheMounts(folder);
    this.images = new ImageRecords(folder);
  }

  /** The folder of the stat caches of contexts. */
  get contexts(): string {
    return join(this.folder, "contexts");
  }

  /** The entries of a layer that was indexed before; contents are where the layer is stored uncompressed, if it is. */
  async layerIndex(diffId: Digest): Promise<readonly Entry[] | undefined> {
    const text = readIfPresent(this.#indexPath(diffId));
    if (text === undefined) return undefined;
    const stored = (await this.blobs.has(diffId)) ? this.blobs.path(diffId) : undefined;
    return decodeEntries(text).map((entry) => placeContent(entry, stored));
  }

  hasLayerIndex(diffId: Digest): boolean {
    return existsSync(this.#indexPath(diffId));
  }

  /** Notes that what is known of a layer was used, and its bytes where they are kept. */
  touchLayer(diffId: Digest): void {
    touch(this.#indexPath(diffId));
    this.touchBlob(diffId);
  }

  /** Notes that a blob was used, if it is kept. */
  touchBlob(digest: Digest): void {
    touch(this.blobs.path(digest));
  }

  keepLayerIndex(diffId: Digest, entries: readonly Entry[]): void {
    writeAtomically(this.#indexPath(diffId), encodeEntries(entries.map((entry) => placeContent(entry, ""))));
  }

  /** Does something that only one process at a time may do; the others wait. */
  withLock<T>(name: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    return withLock(join(this.folder, "locks", name), signal, work);
  }

  /** A manifest of a step's inputs, kept so that two builds can be compared file by file. */
  manifest(digest: Digest): string | undefined {
    return readIfPresent(this.#manifestPath(digest));
  }

  /** Whether a manifest is kept; of many files it is long, and need not be read for that. */
  hasManifest(digest: Digest): boolean {
    return existsSync(this.#manifestPath(digest));
  }

  keepManifest(digest: Digest, text: string): void {
    writeAtomically(this.#manifestPath(digest), text);
  }

  /** Notes that a manifest was used. */
  touchManifest(digest: Digest): void {
    touch(this.#manifestPath(digest));
  }

  #indexPath(diffId: Digest): string {
    return join(this.folder, "indexes", `${digestParts(diffId).hex}.json`);
  }

  #manifestPath(digest: Digest): string {
    return join(this.folder, "manifests", `${digestParts(digest).hex}.json`);
  }
}

/** Says where the stored tar is that an entry's content is part of; undefined where it is not stored. */
function placeContent(entry: Entry, path: string | undefined): Entry {
  if (entry.content === undefined || entry.content.from === "bytes") return entry;
  if (path !== undefined) return { ...entry, content: { ...entry.content, path } };
  const { content: _content, ...rest } = entry;
  return rest;
}
