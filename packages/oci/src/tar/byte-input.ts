/**
 * A stream of chunks read by length: views where the bytes lie in one chunk, copies only across chunks.
 *
 * What can be answered from the chunk at hand is answered without waiting, which is what makes skimming a tar fast.
 */
export class ByteInput {
  /** The number of bytes taken and skipped so far. */
  position = 0;
  #iterator: AsyncIterator<Uint8Array>;
  #chunk: Buffer = Buffer.alloc(0);
  #at = 0;
  #ended = false;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#iterator = source[Symbol.asyncIterator]();
  }

  /** Takes bytes that lie in the chunk at hand, as a view, or answers undefined. */
  takeNow(length: number): Buffer | undefined {
    const end = this.#at + length;
    if (end > this.#chunk.length) return undefined;
    const view = this.#chunk.subarray(this.#at, end);
    this.#advance(length);
    return view;
  }

  /** Takes bytes, fewer only where the stream ends. */
  async take(length: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    let left = length;
    while (left > 0) {
      const piece = await this.takeSome(left);
      if (piece === undefined) break;
      parts.push(piece);
      left -= piece.length;
    }
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
  }

  /** Takes at least one byte and at most `limit`, as a view, or answers undefined at the end of the stream. */
  async takeSome(limit: number): Promise<Buffer | undefined> {
    if (this.#at === this.#chunk.length && !(await this.#fill())) return undefined;
    return this.takeNow(Math.min(limit, this.#chunk.length - this.#at));
  }

  /** Skips bytes that lie in the chunk at hand, or does nothing and answers false. */
  skipNow(length: number): boolean {
    if (this.#at + length > this.#chunk.length) return false;
    this.#advance(length);
    return true;
  }

  /** Skips bytes and answers how many were missing at the end of the stream. */
  async skip(length: number): Promise<number> {
    let left = length;
    while (left > 0) {
      if (this.#at === this.#chunk.length && !(await this.#fill())) return left;
      const step = Math.min(left, this.#chunk.length - this.#at);
      this.#advance(step);
      left -= step;
    }
    return 0;
  }

  /** Reads to the end, so that a source that checks its bytes there gets to do so. */
  async drain(): Promise<void> {
    while (await this.#fill());
  }

  /** Tells the source that no more will be read. */
  async close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.#iterator.return?.();
  }

  #advance(length: number): void {
    this.#at += length;
    this.position += length;
  }

  async #fill(): Promise<boolean> {
    this.#chunk = Buffer.alloc(0);
    this.#at = 0;
    while (!this.#ended) {
      const next = await this.#next();
      if (next === undefined) return false;
      if (next.length === 0) continue;
      this.#chunk = Buffer.from(next.buffer, next.byteOffset, next.byteLength);
      return true;
    }
    return false;
  }

  async #next(): Promise<Uint8Array | undefined> {
    try {
      const result = await this.#iterator.next();
      if (!result.done) return result.value;
    } catch (error) {
      this.#ended = true;
      throw error;
    }
    this.#ended = true;
    return undefined;
  }
}
