import { type FileHandle, open } from "node:fs/promises";
import { giveBackChunk } from "../tar/chunk-buffers.ts";
import { DirectWrites } from "./direct-writes.ts";
import { writeFully } from "./write-fully.ts";

/** The most chunks that wait to be written at any moment. */
const mostInFlight = 4;

/** So many bytes are written in one way, and so many in the other, before it is clear which is faster. */
const trialSize = 8 * 1024 * 1024;

/** What the page cache is worth to those who read the file soon: direct writes have to be that much faster. */
const worthOfCache = 1.5;

/** How a file is written. */
export interface FileWriterOptions {
  /** A large file goes past the page cache where that is faster: for files that are not read again by the caller. */
  readonly mayBypassCache?: boolean;
}

/**
 * Writes chunks to a file while the caller makes the next ones, one after another: a kernel lets one thread at a time
 * write to a file, and the others would only keep processors busy with waiting.
 *
 * Chunks must not be changed after they have been handed over. An error of a write comes out of a later call, at the
 * latest of `flush`.
 */
export class FileWriter {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #options: FileWriterOptions;
  readonly #inFlight: Promise<void>[] = [];
  #last: Promise<void> = Promise.resolve();
  #position = 0;
  #taken = 0;
  /** What went through the cache, and the milliseconds it took. */
  #written = 0;
  #spent = 0;
  #direct: DirectWrites | undefined;
  #bypasses = false;
  #refused = false;

  private constructor(path: string, file: FileHandle, options: FileWriterOptions, position = 0) {
    this.#path = path;
    this.#file = file;
    this.#options = options;
    this.#position = position;
  }

  /** Opens a file that must not exist yet. */
  static async create(path: string, options: FileWriterOptions = {}): Promise<FileWriter> {
    return new FileWriter(path, await open(path, "wx"), options);
  }

  /** Opens a file that is there, to go on from a position. */
  static async resume(path: string, position: number, options: FileWriterOptions = {}): Promise<FileWriter> {
    return new FileWriter(path, await open(path, "r+"), options, position);
  }

  /** Where the next chunk goes, in bytes from the file's beginning. */
  get position(): number {
    return this.#position;
  }

  set position(position: number) {
    this.#direct?.endRun();
    this.#position = position;
  }

  /** The page cache has turned out to be the slower way. */
  get bypassesCache(): boolean {
    return this.#bypasses;
  }

  /**
   * Hands a chunk over, waiting only while too many are on their way.
   *
   * @param done called with the chunk when it has been written and may be changed again
   */
  async write(chunk: Uint8Array, done?: (chunk: Uint8Array) => void): Promise<void> {
    const direct = this.#options.mayBypassCache === true ? await this.#chooseWay() : undefined;
    const position = this.#position;
    this.#position += chunk.length;
    this.#taken += chunk.length;
    if (direct === undefined) {
      this.#start(chunk, position, done);
    } else {
      await direct.write(chunk, position);
      done?.(chunk);
    }
    if (this.#inFlight.length > mostInFlight) await this.#inFlight.shift();
  }

  /** Hands over a whole stream, for good. */
  async writeAll(source: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const chunk of source) await this.write(chunk, giveBackChunk);
  }

  /** Writes over bytes that have been written before; the position stays. */
  patch(bytes: Uint8Array, position: number): void {
    this.#direct?.endRun();
    // A page that is on its way past the cache must not be overtaken.
    this.#last = Promise.all([this.#last, this.#direct?.settled()]).then(() => {});
    this.#start(bytes, position);
  }

  /** Forgets everything from a position on. */
  async truncate(position: number): Promise<void> {
    await this.flush();
    await this.#file.truncate(position);
    this.#position = position;
  }

  /** Waits until everything handed over has been written. */
  async flush(): Promise<void> {
    this.#direct?.endRun();
    await this.#direct?.settled();
    const pending = this.#inFlight.splice(0);
    await Promise.all(pending);
  }

  /** Ends all writing and closes the file, whether or not the writes succeeded. */
  async close(): Promise<void> {
    await this.#direct?.close();
    await Promise.allSettled(this.#inFlight.splice(0));
    await this.#file.close();
  }

  /** Begins through the cache, tries direct writes for as long, and stays with them while they are faster. */
  async #chooseWay(): Promise<DirectWrites | undefined> {
    if (this.#taken < trialSize || this.#refused) return undefined;
    this.#direct ??= await DirectWrites.open(this.#path, (bytes, position) => this.#start(bytes, position));
    this.#bypasses = this.#direct !== undefined && this.#direct.pace * worthOfCache < this.#spent / this.#written;
    if (this.#bypasses || (this.#direct !== undefined && this.#taken < 2 * trialSize)) return this.#direct;
    this.#direct?.endRun();
    this.#refused = true;
    return undefined;
  }

  #start(bytes: Uint8Array, position: number, done?: (chunk: Uint8Array) => void): void {
    const writing = this.#last.then(() => this.#writeThroughCache(bytes, position)).then(() => done?.(bytes));
    this.#last = writing;
    // Whoever waits next sees the error; until then it must not count as unhandled.
    writing.catch(() => {});
    this.#inFlight.push(writing);
  }

  async #writeThroughCache(bytes: Uint8Array, position: number): Promise<void> {
    const started = performance.now();
    await writeFully(this.#file, bytes, position);
    this.#spent += performance.now() - started;
    this.#written += bytes.length;
  }
}
