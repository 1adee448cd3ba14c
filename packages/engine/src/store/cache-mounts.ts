import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from "node:fs";
import { join } from "node:path";
import { digestOf, StrakeError } from "@strake/core";
import { digestParts } from "@strake/oci";
import { processName } from "../kernel/process-name.ts";
import { readIfPresent, writeAtomically } from "./atomic-file.ts";
import { type Lock, takeLock, tryLock } from "./lock.ts";
import { makeFolder } from "./make-folder.ts";

/** What a command asks of a cache. */
export interface CacheWish {
  readonly id: string;
  /** `shared`: many at once; `private`: each its own; `locked`: one after the other. */
  readonly sharing: "shared" | "private" | "locked";
  /** What a new cache begins with; part of what the cache is. */
  readonly seed?: { readonly key: string; readonly fill: (folder: string) => Promise<void> };
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly signal?: AbortSignal | undefined;
}

/** A cache that a command is using. */
export interface OpenCache {
  readonly folder: string;
  release(): void;
}

/** A cache that is kept. */
export interface KeptCache {
  /** What it is called in the store. */
  readonly name: string;
  /** What commands call it. */
  readonly id: string;
  readonly sharing: string;
  /** Its files; absolute. */
  readonly files: string;
  /** When a command last opened it, in milliseconds since 1970. */
  readonly used: number;
}

/** The most caches of one name that are kept for commands that must not share. */
const mostPrivate = 64;

/**
 * Folders that outlive the commands that write to them: `RUN --mount=type=cache`.
 *
 * A cache is `caches/<name>/` with a folder `files` and a description. What one is called by comes from its id and from
 * what it began with.
 */
export class CacheMounts {
  readonly #folder: string;
  readonly #locks: string;

  /** @param store the folder of the store */
  constructor(store: string) {
    this.#folder = join(store, "caches");
    this.#locks = join(store, "locks");
  }

  /** Opens a cache, made where it is not there. */
  async open(wish: CacheWish): Promise<OpenCache> {
    const name = digestParts(digestOf({ id: wish.id, seed: wish.seed?.key ?? null })).hex.slice(0, 24);
    const { name: found, lock } = await this.#choose(name, wish);
    try {
      const folder = await this.#folderOf(found, wish);
      const now = new Date();
      utimesSync(join(this.#folder, found), now, now);
      return { folder, release: () => lock?.release() };
    } catch (error) {
      lock?.release();
      throw error;
    }
  }

  /** The caches that are kept, by their ids. */
  list(): readonly KeptCache[] {
    if (!existsSync(this.#folder)) return [];
    const kept = readdirSync(this.#folder).flatMap((name): KeptCache[] => {
      const folder = join(this.#folder, name);
      const text = readIfPresent(join(folder, "cache.json"));
      const files = join(folder, "files");
      if (text === undefined || !existsSync(files) || name.includes(".")) return [];
      const { id, sharing } = JSON.parse(text) as { id: string; sharing: string };
      return [{ name, id, sharing, files, used: statSync(folder).mtimeMs }];
    });
    return kept.sort((left, right) =>
      left.id < right.id ? -1 : left.id > right.id ? 1 : left.name < right.name ? -1 : 1,
    );
  }

  /**
   * Removes a cache, or puts a finished folder of files in its place.
   *
   * @throws StrakeError `cache-in-use` while a command has it to itself
   */
  replace(name: string, made?: { readonly files: string; readonly description: string }): void {
    const lock = tryLock(this.#lockPath(name));
    if (lock === undefined) {
      throw new StrakeError({ code: "cache-in-use", message: `a command is using the cache ${name}` });
    }
    try {
      const cache = join(this.#folder, name);
      const before = `${cache}.${processName()}.old`;
      // Another name first: nobody finds half of a cache, and a kill in between loses no more than the older one.
      if (existsSync(cache)) renameSync(cache, before);
      if (made !== undefined) {
        makeFolder(cache);
        writeAtomically(join(cache, "cache.json"), made.description);
        renameSync(made.files, join(cache, "files"));
      }
      rmSync(before, { recursive: true, force: true });
    } finally {
      lock.release();
    }
  }

  async #choose(name: string, { sharing, signal }: CacheWish): Promise<{ name: string; lock?: Lock }> {
    if (sharing === "shared") return { name };
    if (sharing === "locked") return { name, lock: await takeLock(this.#lockPath(name), signal) };
    for (let at = 0; at < mostPrivate; at++) {
      const own = at === 0 ? name : `${name}-${at}`;
      const lock = tryLock(this.#lockPath(own));
      if (lock !== undefined) return { name: own, lock };
    }
    return { name, lock: await takeLock(this.#lockPath(name), signal) };
  }

  async #folderOf(name: string, wish: CacheWish): Promise<string> {
    const cache = join(this.#folder, name);
    const files = join(cache, "files");
    if (existsSync(files)) return files;
    makeFolder(cache);
    const passing = mkdtempSync(join(cache, "new-"));
    const made = join(passing, "files");
    mkdirSync(made);
    chownSync(made, wish.uid, wish.gid);
    chmodSync(made, wish.mode);
    await wish.seed?.fill(made);
    writeAtomically(join(cache, "cache.json"), `${JSON.stringify({ id: wish.id, sharing: wish.sharing })}\n`);
    try {
      renameSync(made, files);
    } catch (error) {
      // Another process was sooner.
      if (!existsSync(files)) throw error;
    }
    rmSync(passing, { recursive: true, force: true });
    return files;
  }

  #lockPath(name: string): string {
    return join(this.#locks, `cache-${name}`);
  }
}
