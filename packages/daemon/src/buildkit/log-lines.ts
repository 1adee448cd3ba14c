import { StringDecoder } from "node:string_decoder";

/** How many of the last lines are kept for the message of a failure. */
const kept = 10;
/** Shorter secrets would take harmless text with them. */
const shortest = 4;

/** The output of steps: secrets are taken out of it, and its end is remembered. */
export class LogLines {
  readonly #secrets: readonly string[];
  readonly #decoders = new Map<string, StringDecoder>();
  readonly #ends = new Map<string, string>();

  constructor(secrets: Iterable<Uint8Array>) {
    this.#secrets = [...secrets]
      .map((secret) => new TextDecoder().decode(secret).trim())
      .filter((secret) => secret.length >= shortest);
  }

  /** Takes output of a step and gives it as text. */
  add(step: string, output: Uint8Array): string {
    let decoder = this.#decoders.get(step);
    if (decoder === undefined) {
      decoder = new StringDecoder("utf8");
      this.#decoders.set(step, decoder);
    }
    const text = this.hide(decoder.write(Buffer.from(output)));
    const end = (this.#ends.get(step) ?? "") + text;
    this.#ends.set(step, end.slice(-8192));
    return text;
  }

  /** A text without the values of secrets. */
  hide(text: string): string {
    return this.#secrets.reduce((hidden, secret) => hidden.replaceAll(secret, "***"), text);
  }

  /** The last lines of a step. */
  last(step: string): readonly string[] {
    return (this.#ends.get(step) ?? "").trimEnd().split("\n").filter(Boolean).slice(-kept);
  }
}
