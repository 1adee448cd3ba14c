import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Digest, digestParts } from "@strake/oci";
import { sha256 } from "../hash/sha256.ts";
import type { FileStat } from "./directory-listing.ts";
import type { SelectionFingerprint } from "./selection-fingerprint.ts";
import { type CachedFile, type CachedStats, readCachedStats, writeCachedStats } from "./stat-cache-file.ts";

/** How much older than the reading a file has to be, in milliseconds. */
const settled = 2000;
/** From this many files on, those that were not asked for are forgotten. */
const fileLimit = 200_000;
const manifestLimit = 512;

/**
 * What is remembered of the files of one folder, so that an unchanged file is not read again.
 *
 * A file counts as unchanged when size, times and inode are what they were. Nothing is remembered of a file that was
 * changed less than two seconds before it was read: the clock of a file system may be so coarse that a later change
 * would not show.
 */
export class StatCache {
  readonly #directory: string;
  readonly #file: string;
  readonly #stored: CachedStats;
  readonly #fresh = new Map<string, CachedFile>();
  readonly #used = new Set<number>();
  readonly #manifests: Map<string, Digest>;
  #changed = false;

  private constructor(directory: string, file: string) {
    this.#directory = directory;
    this.#file = file;
    this.#stored = readStored(file);
    this.#manifests = new Map(this.#stored.manifests);
  }

  /**
   * Opens what is remembered of a folder. A damaged file is as good as none.
   *
   * @param directory the folder that the caches are in, one file for each root; made when there is something to save
   * @param root the absolute path of the folder whose files are remembered
   */
  static open(directory: string, root: string): StatCache {
    return new StatCache(directory, join(directory, digestParts(sha256(root)).hex));
  }

  /** Nothing is remembered: every file will have to be read. */
  get isEmpty(): boolean {
    return this.#stored.paths.length === 0 && this.#fresh.size === 0;
  }

  /** The digest of a file's content, if the file is as it was. */
  get(path: string, stat: FileStat): Digest | undefined {
    const recent = this.#fresh.get(path);
    if (recent !== undefined) return sameStat(recent.stat, stat) ? recent.digest : undefined;
    const index = this.#stored.find(path);
    if (index === undefined || !sameStat(this.#stored.stat(index), stat)) return undefined;
    this.#used.add(index);
    return this.#stored.digest(index);
  }

  /**
   * Remembers the digest of a file.
   *
   * @param readAt when its reading began or something before that, in milliseconds since 1970
   */
  set(path: string, stat: FileStat, digest: Digest, readAt: number): void {
    // A path that is not UTF-8 would have to be stored in another way, for files that are hardly ever met.
    if (newest(stat) > readAt - settled || !path.isWellFormed()) return;
    this.#fresh.set(path, { path, stat, digest });
    this.#changed = true;
  }

  /** The digest of the manifest made of a whole selection of files, if they are all as they were. */
  getManifest(fingerprint: SelectionFingerprint): Digest | undefined {
    const digest = this.#manifests.get(fingerprint.id);
    if (digest !== undefined) moveToEnd(this.#manifests, fingerprint.id, digest);
    return digest;
  }

  /** Remembers the digest of the manifest made of a selection of files; `readAt` as in `set`. */
  setManifest(fingerprint: SelectionFingerprint, digest: Digest, readAt: number): void {
    if (fingerprint.newest > readAt - settled) return;
    moveToEnd(this.#manifests, fingerprint.id, digest);
    this.#changed = true;
  }

  /** Writes down what is new; others see the old file or the new one, never a part. */
  save(): void {
    if (!this.#changed) return;
    this.#changed = false;
    const files = [...this.#kept(), ...this.#fresh.values()];
    const manifests = [...this.#manifests].slice(-manifestLimit);
    replaceFile(this.#directory, this.#file, writeCachedStats(files, manifests));
  }

  *#kept(): Generator<CachedFile> {
    const stored = this.#stored;
    const crowded = stored.paths.length > fileLimit;
    for (const [index, path] of stored.paths.entries()) {
      if (this.#fresh.has(path) || (crowded && !this.#used.has(index))) continue;
      yield { path, stat: stored.stat(index), digest: stored.digest(index) };
    }
  }
}

function readStored(file: string): CachedStats {
  try {
    return readCachedStats(readFileSync(file));
  } catch {
    return readCachedStats(Buffer.alloc(0));
  }
}

/** Whether two looks saw the same file, unchanged. */
export function sameStat(left: FileStat, right: FileStat): boolean {
  return (
    left.size === right.size &&
    left.mtimeMs === right.mtimeMs &&
    left.ctimeMs === right.ctimeMs &&
    left.ino === right.ino
  );
}

function newest(stat: FileStat): number {
  return Math.max(stat.mtimeMs, stat.ctimeMs);
}

function moveToEnd<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key);
  map.set(key, value);
}

function replaceFile(directory: string, file: string, bytes: Uint8Array): void {
  mkdirSync(directory, { recursive: true });
  const temporary = `${file}.${process.pid}`;
  try {
    writeFileSync(temporary, bytes);
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
