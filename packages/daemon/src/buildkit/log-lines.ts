import { StringDecoder } from "node:string_decoder";

/** How many of the last lines are kept for the message of a failure. */
const kept = 10;
/** Shorter secrets would take harmless text with them. */
const shortest = 4;

/** The output of one step. */
interface StepLog {
  readonly decoder: StringDecoder;
  /** What may be the beginning of a secret, until more has come. */
  held: string;
  end: string;
}

/**
 * The output of steps: secrets are taken out of it, and its end is remembered.
 *
 * Output comes in pieces, which may cut a secret in two, so what one may begin with is held back.
 */
export class LogLines {
  /** The longest first: a secret may be part of another. */
  readonly #secrets: readonly string[];
  readonly #steps = new Map<string, StepLog>();

  constructor(secrets: Iterable<Uint8Array>) {
    this.#secrets = [...secrets]
      .map((secret) => new TextDecoder().decode(secret).trim())
      .filter((secret) => secret.length >= shortest)
      .sort((left, right) => right.length - left.length);
  }

  /** Takes output of a step and gives it as text. */
  add(step: string, output: Uint8Array): string {
    const log = this.#steps.get(step) ?? { decoder: new StringDecoder("utf8"), held: "", end: "" };
    this.#steps.set(step, log);
    const text = log.held + log.decoder.write(Buffer.from(output));
    const whole = this.#beforeBegun(text);
    log.held = text.slice(whole);
    return remember(log, this.hide(text.slice(0, whole)));
  }

  /** What was held back of a step that has ended. */
  end(step: string): string {
    const log = this.#steps.get(step);
    if (log === undefined) return "";
    const text = this.hide(log.held);
    log.held = "";
    return remember(log, text);
  }

  /** A text without the values of secrets. */
  hide(text: string): string {
    return this.#secrets.reduce((hidden, secret) => hidden.replaceAll(secret, "***"), text);
  }

  /** The last lines of a step. */
  last(step: string): readonly string[] {
    return (this.#steps.get(step)?.end ?? "").trimEnd().split("\n").filter(Boolean).slice(-kept);
  }

  /** The length of a text without what a secret may begin with at its end; no secret is cut there. */
  #beforeBegun(text: string): number {
    if (this.#secrets.length === 0) return text.length;
    let at = 0;
    while (at < text.length) {
      if (this.#secrets.some((secret) => secret.length > text.length - at && secret.startsWith(text.slice(at)))) break;
      at += this.#secrets.find((secret) => text.startsWith(secret, at))?.length ?? 1;
    }
    return at;
  }
}

function remember(log: StepLog, text: string): string {
  log.end = (log.end + text).slice(-8192);
  return text;
}
