import type { IncomingMessage } from "node:http";
import { chunkSize, giveBackChunk, holdChunk, takeChunkBuffer } from "@strake/oci";
import { Silence } from "./connection-error.ts";
import { patience } from "./gather.ts";

/** The most chunks that wait for the reader before the other side has to wait. */
const mostReady = 2;

/**
 * A large body that its connection writes into chunks of 1 MiB, past Node's HTTP client: that one copies each piece
 * into new memory, and to gather the pieces takes another copy.
 *
 * The HTTP client never learns that the body has ended, so the connection is closed then.
 */
export class DirectBody {
  readonly #incoming: IncomingMessage;
  readonly #idleTimeout: number;
  readonly #ready: Uint8Array[] = [];
  /** How much of the body is still to come, in bytes. */
  #left: number;
  /** The chunk that is written, from where on it has not been handed out, and up to where it has been written. */
  #chunk: Buffer | undefined;
  #from = 0;
  #at = 0;
  /** When the first of the bytes came that have not been handed out. */
  #since = 0;
  #isPaused = false;
  #error: Error | undefined;
  #wake = () => {};

  /**
   * @param incoming an answer of which nothing has been read
   * @param length how long the body is, in bytes
   * @param idleTimeout how long the next bytes may take, in milliseconds
   */
  constructor(incoming: IncomingMessage, length: number, idleTimeout: number) {
    this.#incoming = incoming;
    this.#left = length;
    this.#idleTimeout = idleTimeout;
    const fail = (error: Error) => {
      this.#error ??= error;
      this.#wake();
    };
    const aborted = Object.assign(new Error("aborted"), { code: "ECONNRESET" });
    if (incoming.destroyed) fail(incoming.errored ?? aborted);
    incoming.on("error", fail).once("close", () => fail(aborted));
    // What came with the head of the answer has been through the HTTP client.
    for (let piece: Buffer | null = incoming.read(); piece !== null; piece = incoming.read()) this.#copy(piece);
  }

  /** Where the connection is to write what comes next; undefined once everything has come. */
  get room(): Buffer | undefined {
    if (this.#left === 0) return undefined;
    this.#chunk ??= takeChunkBuffer();
    return this.#chunk.subarray(this.#at);
  }

  /**
   * Takes what the connection has brought.
   *
   * @param buffer where it has been written, at the beginning
   * @returns whether more may come
   */
  take(length: number, buffer: Uint8Array): boolean {
    const taken = Math.min(length, this.#left);
    if (buffer.buffer === this.#chunk?.buffer) this.#advance(taken);
    else this.#copy(buffer.subarray(0, taken));
    this.#wake();
    this.#isPaused = this.#ready.length >= mostReady;
    return !this.#isPaused;
  }

  /** Reads the body; on a slow line a chunk is handed out before it is full. Whoever stops early closes the connection. */
  async *read(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const part = this.#ready.shift();
        if (part !== undefined) {
          yield part;
        } else if (this.#left === 0) {
          return;
        } else if (this.#error === undefined) {
          await this.#change();
        } else {
          if (this.#at === this.#from) throw this.#error;
          this.#handOut();
        }
      }
    } finally {
      this.#incoming.destroy();
      // Nothing is written into it any more.
      for (const part of this.#ready) giveBackChunk(part);
      if (this.#chunk !== undefined) giveBackChunk(this.#chunk);
    }
  }

  async #change(): Promise<void> {
    const silence = new Silence(`nothing received for ${this.#idleTimeout / 1000} s`);
    const timers = [setTimeout(() => this.#incoming.destroy(silence), this.#idleTimeout)];
    const changed = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    if (this.#at > this.#from) {
      const handOut = () => {
        this.#handOut();
        this.#wake();
      };
      timers.push(setTimeout(handOut, this.#since + patience - performance.now()));
    }
    if (this.#isPaused) {
      this.#isPaused = false;
      this.#incoming.socket.resume();
    }
    await changed;
    for (const timer of timers) clearTimeout(timer);
  }

  #copy(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; ) {
      this.#chunk ??= takeChunkBuffer();
      const part = bytes.subarray(from, from + chunkSize - this.#at);
      this.#chunk.set(part, this.#at);
      this.#advance(part.length);
      from += part.length;
    }
  }

  #advance(length: number): void {
    if (this.#at === this.#from) this.#since = performance.now();
    this.#at += length;
    this.#left -= length;
    if (this.#at === chunkSize || this.#left === 0) this.#handOut();
  }

  #handOut(): void {
    const chunk = this.#chunk as Buffer;
    const part = chunk.subarray(this.#from, this.#at);
    if (this.#at === chunkSize || this.#left === 0) {
      this.#chunk = undefined;
      this.#at = 0;
    } else {
      // The rest of it is still written.
      holdChunk(part);
    }
    this.#from = this.#at;
    this.#ready.push(part);
  }
}
