/** Lets a bounded number of things happen at once; the others wait their turn, first come, first served. */
export class Limit {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** @param most how many may happen at once, at least 1 */
  constructor(most: number) {
    this.#free = Math.max(1, Math.floor(most));
  }

  /** Does something once there is room for it. */
  async run<T>(action: () => Promise<T>): Promise<T> {
    await this.#enter();
    try {
      return await action();
    } finally {
      this.#leave();
    }
  }

  /**
   * Passes a stream through once there is room for it.
   *
   * The place is taken from the first read until the end, a failure, or the reader's leaving. A reader that holds as
   * many begun streams as there are places must not wait for one more.
   */
  async *stream<T>(open: () => AsyncIterable<T>): AsyncGenerator<T> {
    await this.#enter();
    try {
      yield* open();
    } finally {
      this.#leave();
    }
  }

  async #enter(): Promise<void> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}
