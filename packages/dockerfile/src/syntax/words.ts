import { isSpace } from "./space.ts";

/** A piece of a line. */
export interface Piece {
  readonly start: number;
  readonly end: number;
  readonly value: string;
}

/** Splits at runs of blanks; quotes mean nothing. */
export function splitAtBlanks(text: string, from: number, to: number): readonly Piece[] {
  const pieces: Piece[] = [];
  let start = from;
  for (let at = from; at <= to; at++) {
    if (at < to && !isBlank(text[at] as string)) continue;
    if (at > start) pieces.push({ start, end: at, value: text.slice(start, at) });
    start = at + 1;
  }
  return pieces;
}

/** What separates the words of FROM, COPY and the like: not a line feed, and nothing beyond ASCII. */
export function isBlank(character: string): boolean {
  return character === " " || (character >= "\t" && character <= "\r" && character !== "\n");
}

/** Splits at space outside quotes; quotes and escapes stay in the words, as the words of ENV, LABEL and ARG do. */
export function splitQuoted(text: string, from: number, to: number, escapeToken: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let at = from;
  while (at < to) {
    if (isSpace(text[at])) {
      at++;
      continue;
    }
    const start = at;
    let quote = "";
    let value = "";
    let quoted = false;
    while (at < to && (quote !== "" || !isSpace(text[at]))) {
      const character = text[at] as string;
      if (character === escapeToken && quote !== "'") {
        if (at + 1 < to) value += character + (text[at + 1] as string);
        at += 2;
        continue;
      }
      if (quote === "" && (character === "'" || character === '"')) {
        quote = character;
        quoted = true;
      } else if (character === quote) quote = "";
      value += character;
      at++;
    }
    at = Math.min(at, to);
    if (quoted || value !== "") pieces.push({ start, end: at, value });
  }
  return pieces;
}

/** Reads the words that begin with `--`; their quotes and escapes are resolved. A bare `--` ends them. */
export function splitFlags(
  text: string,
  from: number,
  to: number,
  escapeToken: string,
): { readonly flags: readonly Piece[]; readonly rest: number } {
  const flags: Piece[] = [];
  let at = from;
  for (;;) {
    while (at < to && isSpace(text[at])) at++;
    if (at >= to || !text.startsWith("--", at) || at + 1 >= to) return { flags, rest: at };
    const start = at;
    let quote = "";
    let value = "";
    while (at < to && (quote !== "" || !isSpace(text[at]))) {
      const character = text[at] as string;
      if (character === escapeToken) {
        value += at + 1 < to ? (text[at + 1] as string) : "";
        at += 2;
        continue;
      }
      if (quote === "" ? character === "'" || character === '"' : character === quote) {
        quote = quote === "" ? character : "";
      } else value += character;
      at++;
    }
    at = Math.min(at, to);
    if (value === "--") return { flags, rest: at };
    flags.push({ start, end: at, value });
  }
}
