import { setImmediate as nextTurn } from "node:timers/promises";
import {
  batchLimit,
  type FileStat,
  type FileToHash,
  fileToHash,
  type HashFiles,
  type LocalEntry,
  sameStat,
  worthThreads,
} from "@strake/core/context";
import type { Digest } from "@strake/oci";

/** A file that somebody is hashing. */
interface Asked {
  readonly stat: FileStat;
  readonly digests: Promise<readonly Digest[]>;
  readonly at: number;
}

/**
 * Has files hashed as soon as a walk finds them, while it goes on: for a folder of which nothing is known yet.
 *
 * It begins only when there are so many that threads are worth it.
 */
export class HashAhead {
  /** When the first file was read at the earliest, in milliseconds since 1970. */
  readonly began: number = Date.now();
  readonly #hashFiles: HashFiles;
  readonly #begin: () => void;
  readonly #asked = new Map<string, Asked>();
  #waiting: FileToHash[] = [];
  #waitingBytes = 0;
  #isWorthIt = false;

  /** @param begin called when there are so many files that threads are worth it */
  constructor(hashFiles: HashFiles, begin: () => void = () => {}) {
    this.#hashFiles = hashFiles;
    this.#begin = begin;
  }

  /**
   * Takes in that the content of an entry will be asked for.
   *
   * @returns what the walk should wait for now and then: answers are taken in meanwhile, and threads get more to do
   */
  see(entry: LocalEntry): Promise<void> | undefined {
    const file = fileToHash(entry);
    if (file === undefined || this.#asked.has(file.path)) return undefined;
    this.#waiting.push(file);
    this.#waitingBytes += file.size;
    const limit = this.#isWorthIt ? batchLimit : worthThreads;
    if (this.#waiting.length < limit.files && this.#waitingBytes < limit.bytes) return undefined;
    this.#ask();
    return nextTurn();
  }

  /** Hashes files, of which only those are asked for that have not been already. */
  readonly hashFiles: HashFiles = async (files) => {
    this.#waiting = [];
    const rest: FileToHash[] = [];
    const found = files.map((file) => {
      const asked = this.#asked.get(file.path);
      if (asked !== undefined && sameStat(asked.stat, file)) return asked;
      return { digests: undefined, at: rest.push(file) - 1 };
    });
    const hashed = rest.length === 0 ? [] : await this.#hashFiles(rest);
    const digests: Digest[] = [];
    for (const { digests: ahead, at } of found) digests.push(((await ahead) ?? hashed)[at] as Digest);
    return digests;
  };

  #ask(): void {
    if (!this.#isWorthIt) this.#begin();
    this.#isWorthIt = true;
    const files = this.#waiting;
    const digests = this.#hashFiles(files);
    // Whoever asks for the digests hears of it, if anybody does.
    digests.catch(() => {});
    files.forEach((stat, at) => {
      this.#asked.set(stat.path, { stat, digests, at });
    });
    this.#waiting = [];
    this.#waitingBytes = 0;
  }
}
