import { chunkSize, takeChunkBuffer } from "./chunk-buffers.ts";

/**
 * The buffer that a tar is written into, 1 MiB at a time.
 *
 * Everything in a tar is whole blocks and so is a chunk: where the chunk is not full, a block fits.
 */
export class ChunkWriter {
  /** Where the next byte goes. */
  at = 0;
  #buffer: Buffer | undefined;

  /** Taken when it is first asked for, as the one before may have been given back by then. */
  get buffer(): Buffer {
    this.#buffer ??= takeChunkBuffer();
    return this.#buffer;
  }

  get isFull(): boolean {
    return this.at === chunkSize;
  }

  /** Copies what fits from a position of the source on, and tells how much that was. */
  write(source: Uint8Array, from: number): number {
    const part = source.subarray(from, from + chunkSize - this.at);
    this.buffer.set(part, this.at);
    this.at += part.length;
    return part.length;
  }

  writeZeros(length: number): void {
    this.buffer.fill(0, this.at, this.at + length);
    this.at += length;
  }

  /** Hands out what has been written and starts a new chunk. */
  take(): Uint8Array {
    const chunk = this.buffer.subarray(0, this.at);
    this.#buffer = undefined;
    this.at = 0;
    return chunk;
  }
}
