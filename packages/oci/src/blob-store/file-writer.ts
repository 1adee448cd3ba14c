import { type FileHandle, open } from "node:fs/promises";

/** The most chunks that wait to be written at any moment. */
const mostInFlight = 4;

/**
 * Writes chunks to a file while the caller makes the next ones, one after another: a kernel lets one thread at a time
 * write to a file, and the others would only keep processors busy with waiting.
 *
 * Chunks must not be changed after they have been handed over. An error of a write comes out of a later call, at the
 * latest of `flush`.
 */
export class FileWriter {
  /** Where the next chunk goes, in bytes from the file's beginning. */
  position = 0;
  readonly #file: FileHandle;
  readonly #inFlight: Promise<void>[] = [];
  #last: Promise<void> = Promise.resolve();

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Opens a file that must not exist yet. */
  static async create(path: string): Promise<FileWriter> {
    return new FileWriter(await open(path, "wx"));
  }

  /**
   * Hands a chunk over, waiting only while too many are on their way.
   *
   * @param done called with the chunk when it has been written and may be changed again
   */
  async write(chunk: Uint8Array, done?: (chunk: Uint8Array) => void): Promise<void> {
    this.#start(chunk, this.position, done);
    this.position += chunk.length;
    if (this.#inFlight.length > mostInFlight) await this.#inFlight.shift();
  }

  /** Hands over a whole stream. */
  async writeAll(source: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const chunk of source) await this.write(chunk);
  }

  /** Writes over bytes that have been written before; the position stays. */
  patch(bytes: Uint8Array, position: number): void {
    this.#start(bytes, position);
  }

  /** Forgets everything from a position on. */
  async truncate(position: number): Promise<void> {
    await this.flush();
    await this.#file.truncate(position);
    this.position = position;
  }

  /** Waits until everything handed over has been written. */
  async flush(): Promise<void> {
    const pending = this.#inFlight.splice(0);
    await Promise.all(pending);
  }

  /** Ends all writing and closes the file, whether or not the writes succeeded. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#inFlight.splice(0));
    await this.#file.close();
  }

  #start(bytes: Uint8Array, position: number, done?: (chunk: Uint8Array) => void): void {
    const writing = this.#last.then(() => this.#writeFully(bytes, position)).then(() => done?.(bytes));
    this.#last = writing;
    // Whoever waits next sees the error; until then it must not count as unhandled.
    writing.catch(() => {});
    this.#inFlight.push(writing);
  }

  async #writeFully(bytes: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, position + done);
      done += bytesWritten;
    }
  }
}
