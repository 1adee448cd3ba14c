import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { pageBuffer, pageSize, pageBufferSize as stageSize } from "./page-buffer.ts";
import { writeFully } from "./write-fully.ts";

/** One stage is filled while the others are on their way to the disk. */
const stageCount = 3;

/** How much the latest write counts beside all before it. */
const weightOfLatest = 0.2;

/** Bytes of the file that stand one after another, from the border of a page on. */
interface Stage {
  readonly buffer: Buffer;
  readonly position: number;
  filled: number;
}

/** Hands bytes to the page cache instead: less than a page, or not at the border of one. */
export type WriteThroughCache = (bytes: Uint8Array, position: number) => void;

/**
 * Writes to a file past the page cache (`O_DIRECT` of open(2)).
 *
 * Such writes take no memory of the system and none of the time for clearing it. Bytes are gathered into pages first,
 * so a caller's buffers may lie and end anywhere; what is left of a page goes through the cache.
 */
export class DirectWrites {
  readonly #file: FileHandle;
  readonly #throughCache: WriteThroughCache;
  readonly #free: Buffer[];
  readonly #inFlight: Promise<void>[] = [];
  #stage: Stage | undefined;
  #pace = 0;

  private constructor(file: FileHandle, throughCache: WriteThroughCache) {
    this.#file = file;
    this.#throughCache = throughCache;
    this.#free = Array.from({ length: stageCount }, pageBuffer);
  }

  /** Opens a file that is there; undefined where the system or the file system has no such writes. */
  static async open(path: string, throughCache: WriteThroughCache): Promise<DirectWrites | undefined> {
    if (constants.O_DIRECT === undefined) return undefined;
    const file = await open(path, constants.O_WRONLY | constants.O_DIRECT).catch(() => undefined);
    return file && new DirectWrites(file, throughCache);
  }

  /**
   * Milliseconds for a byte, as of late and with as many writes on their way as there may be.
   *
   * 0 before the first has ended, and infinite where the system refuses them.
   */
  get pace(): number {
    return this.#pace;
  }

  /**
   * Takes bytes over that follow the ones before, or begin anywhere after `endRun`; they may be changed afterwards.
   *
   * It waits only while too many are on their way.
   *
   * @throws an Error with the system's code, of this write or one before
   */
  async write(bytes: Uint8Array, position: number): Promise<void> {
    let from = 0;
    if (this.#stage === undefined) {
      from = Math.min(bytes.length, (pageSize - (position % pageSize)) % pageSize);
      if (from > 0) this.#throughCache(Buffer.from(bytes.subarray(0, from)), position);
    }
    while (from < bytes.length) {
      this.#stage ??= { buffer: await this.#takeBuffer(), position: position + from, filled: 0 };
      const stage = this.#stage;
      const part = bytes.subarray(from, from + stageSize - stage.filled);
      stage.buffer.set(part, stage.filled);
      stage.filled += part.length;
      from += part.length;
      if (stage.filled === stageSize) this.#start(stage);
    }
  }

  /** What was taken over last ends here, as far as bytes that follow it are concerned. */
  endRun(): void {
    const stage = this.#stage;
    this.#stage = undefined;
    if (stage === undefined) return;
    this.#throughCache(Buffer.from(stage.buffer.subarray(0, stage.filled)), stage.position);
    this.#free.push(stage.buffer);
  }

  /** Waits until all direct writes that have begun have ended. */
  async settled(): Promise<void> {
    await Promise.all(this.#inFlight);
  }

  /** Closes the file, whether or not the writes succeeded. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#inFlight);
    await this.#file.close();
  }

  async #takeBuffer(): Promise<Buffer> {
    for (;;) {
      const buffer = this.#free.pop();
      if (buffer !== undefined) return buffer;
      await this.#inFlight.shift();
    }
  }

  #start(stage: Stage): void {
    this.#stage = undefined;
    const writing = this.#writeStage(stage);
    // Whoever waits next sees the error; until then it must not count as unhandled.
    writing.catch(() => {});
    this.#inFlight.push(writing);
  }

  async #writeStage({ buffer, position }: Stage): Promise<void> {
    const started = performance.now();
    try {
      await writeFully(this.#file, buffer, position);
      const pace = (performance.now() - started) / stageSize / (stageCount - 1);
      this.#pace += (pace - this.#pace) * weightOfLatest;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EINVAL") throw error;
      // Some file systems open such a file and do not write to it, or a disk has larger blocks.
      this.#pace = Number.POSITIVE_INFINITY;
      this.#throughCache(Buffer.from(buffer), position);
    }
    this.#free.push(buffer);
  }
}
