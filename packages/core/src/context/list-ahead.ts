import { constants } from "node:fs";
import { type DirectoryListing, lookAt } from "./directory-listing.ts";
import type { IgnoreMatcher } from "./ignore.ts";

/** Reads directories in other threads; of one that cannot be read there is no listing. */
export type ListDirectories = (hosts: readonly string[]) => Promise<readonly (DirectoryListing | undefined)[]>;

/** So many directories are asked for at once, and so many times before an answer has come. */
const batchSize = 8;
const mostAsked = 4;

const { S_IFMT, S_IFDIR } = constants;

/**
 * Has the directories of a folder read by other threads while a walk goes through it.
 *
 * The walk never waits: it begins at the front and the threads at the end, and what is not there when the walk comes to
 * it is read by the walk.
 */
export class ListAhead {
  readonly #root: string;
  readonly #ignore: IgnoreMatcher | undefined;
  readonly #list: ListDirectories;
  /** The folders that are walked through, with a slash at their end. */
  readonly #walks: string[] = [];
  /** Directories that nobody has asked for yet; the last is the next. */
  readonly #waiting: string[] = [];
  readonly #listings = new Map<string, DirectoryListing>();
  /** Those that the walk has come to. */
  readonly #taken = new Set<string>();
  #asked = 0;
  #hasBegun = false;

  /**
   * @param root the absolute path of the folder
   * @param ignore says what in it does not exist
   */
  constructor(root: string, ignore: IgnoreMatcher | undefined, list: ListDirectories) {
    this.#root = root;
    this.#ignore = ignore;
    this.#list = list;
  }

  /** Says that all below a path is going to be asked for. */
  expect(path: string): void {
    this.#walks.push(path === "" ? "" : `${path}/`);
  }

  /** Says that there is so much to do that threads are worth it. */
  begin(): void {
    this.#hasBegun = true;
    this.#ask();
  }

  /** Takes in that there is a directory. */
  found(path: string): void {
    if (!this.#walks.some((walk) => path.startsWith(walk))) return;
    this.#waiting.push(path);
    this.#ask();
  }

  /** Hands out what was read of a directory, if anything was; afterwards it is the caller's. */
  take(path: string): DirectoryListing | undefined {
    const listing = this.#listings.get(path);
    this.#listings.delete(path);
    this.#taken.add(path);
    return listing;
  }

  #ask(): void {
    while (this.#hasBegun && this.#asked < mostAsked) {
      const paths: string[] = [];
      for (let path = this.#next(); path !== undefined; path = paths.length < batchSize ? this.#next() : undefined) {
        paths.push(path);
      }
      if (paths.length === 0) return;
      this.#asked++;
      // What threads cannot read is read, and complained of, by the walk.
      void this.#list(paths.map((path) => `${this.#root}/${path}`)).then(
        (listings) => this.#takeIn(paths, listings),
        () => {},
      );
    }
  }

  #next(): string | undefined {
    for (let path = this.#waiting.pop(); path !== undefined; path = this.#waiting.pop()) {
      if (!this.#taken.has(path)) return path;
    }
    return undefined;
  }

  #takeIn(paths: readonly string[], listings: readonly (DirectoryListing | undefined)[]): void {
    this.#asked--;
    for (const [at, path] of paths.entries()) {
      const listing = listings[at];
      if (listing === undefined || this.#taken.has(path)) continue;
      this.#listings.set(path, listing);
      for (const [place, name] of listing.names.entries()) {
        const look = lookAt(listing, place);
        const child = `${path}/${name}`;
        if (look === undefined || (look.mode & S_IFMT) !== S_IFDIR || this.#skips(child)) continue;
        this.#waiting.push(child);
      }
    }
    this.#ask();
  }

  #skips(path: string): boolean {
    return this.#ignore?.ignores(path) === true;
  }
}
