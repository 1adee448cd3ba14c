/** The shortest value that is looked for; replacing shorter ones would garble output and hide nothing. */
const shortest = 4;

const replacement = Buffer.from("***");

/**
 * Takes the values of secrets out of what a command prints.
 *
 * A value may be cut in two by the pieces in which output comes, so the last bytes are held back until more has come
 * or the output has ended.
 */
export class Redaction {
  readonly #values: readonly Buffer[];
  #held: Buffer = Buffer.alloc(0);

  constructor(values: Iterable<Uint8Array>) {
    const wanted = [...values].flatMap((value) => [Buffer.from(value), trimmed(Buffer.from(value))]);
    // The longest first: a value may be part of another.
    this.#values = wanted.filter((value) => value.length >= shortest).sort((a, b) => b.length - a.length);
  }

  push(chunk: Uint8Array): Buffer {
    if (this.#values.length === 0) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const text = this.#replace(Buffer.concat([this.#held, chunk]));
    const keep = Math.min(text.length, this.#heldBack(text));
    this.#held = text.subarray(text.length - keep);
    return text.subarray(0, text.length - keep);
  }

  /** What was held back. */
  end(): Buffer {
    const rest = this.#held;
    this.#held = Buffer.alloc(0);
    return rest;
  }

  #replace(bytes: Buffer): Buffer {
    return this.#values.reduce((text, value) => {
      const parts: Buffer[] = [];
      let from = 0;
      for (let at = text.indexOf(value); at >= 0; at = text.indexOf(value, from)) {
        parts.push(text.subarray(from, at), replacement);
        from = at + value.length;
      }
      return from === 0 ? text : Buffer.concat([...parts, text.subarray(from)]);
    }, bytes);
  }

  /** The length of the longest end of the text that a value begins with. */
  #heldBack(text: Buffer): number {
    return Math.max(
      ...this.#values.map((value) => {
        for (let length = Math.min(value.length - 1, text.length); length > 0; length--) {
          if (text.subarray(text.length - length).equals(value.subarray(0, length))) return length;
        }
        return 0;
      }),
    );
  }
}

function trimmed(value: Buffer): Buffer {
  let end = value.length;
  while (end > 0 && (value[end - 1] === 0x0a || value[end - 1] === 0x0d)) end--;
  return value.subarray(0, end);
}
