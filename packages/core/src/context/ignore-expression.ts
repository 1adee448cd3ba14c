import { invalidPattern } from "./match-path.ts";

/**
 * Translates a regular expression of Go's `regexp` to one of JavaScript, as far as ignore patterns make them.
 *
 * What stands between brackets, and after backslashes, reaches Go's parser as it was written, so that `[[:alpha:]]`
 * and `\d` mean what they mean there. Escapes by number, by Unicode class and by `\Q` are refused.
 *
 * @throws StrakeError `invalid-pattern`, naming `pattern`
 */
export function fromGoExpression(expression: string, pattern: string): RegExp {
  const characters = [...expression];
  let text = "";
  for (let at = 0; at < characters.length; ) {
    const character = characters[at] as string;
    if (character === "[") {
      const read = translateClass(characters, at + 1, pattern);
      text += read.text;
      at = read.next;
    } else if (character === "\\") {
      text += translateEscape(characters[at + 1] as string, pattern);
      at += 2;
    } else if (character === "{") {
      // A brace that begins no number of repetitions stands for itself.
      const repetition = /^\{\d+(?:,\d*)?\}/.exec(characters.slice(at).join(""))?.[0];
      text += repetition ?? quote(character);
      at += repetition?.length ?? 1;
    } else {
      // In Go, a dot is everything but the line feed.
      text += character === "." ? "[^\\n]" : "()*?^$|".includes(character) ? character : quote(character);
      at += 1;
    }
  }
  try {
    return new RegExp(text, "u");
  } catch (cause) {
    throw invalidPattern(pattern, "it makes no regular expression", cause);
  }
}

const classEscapes: Readonly<Record<string, string>> = {
  d: "0-9",
  D: "\\u{0}-/:-\\u{10ffff}",
  s: "\\t\\n\\f\\r ",
  S: "\\u{0}-\\u{8}\\u{b}\\u{e}-\\u{1f}!-\\u{10ffff}",
  w: "0-9A-Za-z_",
  W: "\\u{0}-/:-@\\[-\\^`\\{-\\u{10ffff}",
};

const assertions: Readonly<Record<string, string>> = { A: "^", z: "$", b: "\\b", B: "\\B" };

const controls: Readonly<Record<string, string>> = { a: "\x07", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" };

const namedClasses: Readonly<Record<string, string>> = {
  alnum: "0-9A-Za-z",
  alpha: "A-Za-z",
  ascii: "\\u{0}-\\u{7f}",
  blank: "\\t ",
  cntrl: "\\u{0}-\\u{1f}\\u{7f}",
  digit: "0-9",
  graph: "!-~",
  lower: "a-z",
  print: " -~",
  punct: "!-\\/:-@\\[-`\\{-~",
  space: "\\t\\n\\v\\f\\r ",
  upper: "A-Z",
  word: "0-9A-Za-z_",
  xdigit: "0-9A-Fa-f",
};

/** Reads a class after its opening bracket. */
function translateClass(characters: readonly string[], start: number, pattern: string): { text: string; next: number } {
  let at = start;
  const negated = characters[at] === "^";
  if (negated) at += 1;
  let ranges = "";
  for (let first = true; first || characters[at] !== "]"; first = false) {
    if (at >= characters.length) throw invalidPattern(pattern, "a [ is not closed");
    const read = namedClass(characters, at, pattern) ?? classRange(characters, at, pattern);
    ranges += read.text;
    at = read.next;
  }
  return { text: `[${negated ? "^" : ""}${ranges}]`, next: at + 1 };
}

/** Reads `[:alpha:]`; without the closing `:]`, the bracket stands for itself. */
function namedClass(
  characters: readonly string[],
  at: number,
  pattern: string,
): { text: string; next: number } | undefined {
  if (characters[at] !== "[" || characters[at + 1] !== ":") return undefined;
  const rest = characters.slice(at + 2).join("");
  const end = rest.indexOf(":]");
  if (end < 0) return undefined;
  const text = namedClasses[rest.slice(0, end)];
  if (text === undefined) throw invalidPattern(pattern, `[:${rest.slice(0, end)}:] is not a class of characters`);
  return { text, next: at + 2 + end + 2 };
}

function classRange(characters: readonly string[], at: number, pattern: string): { text: string; next: number } {
  const low = classCharacter(characters, at, pattern);
  const ranged = low.code !== undefined && characters[low.next] === "-" && characters[low.next + 1] !== "]";
  if (!ranged || low.next + 1 >= characters.length) return low;
  const high = classCharacter(characters, low.next + 1, pattern);
  if (high.code === undefined || high.code < (low.code as number)) {
    throw invalidPattern(pattern, "a range of characters runs backwards");
  }
  return { text: `${low.text}-${high.text}`, next: high.next };
}

/** One character of a class; without a code where it is an escape for several. */
function classCharacter(
  characters: readonly string[],
  at: number,
  pattern: string,
): { text: string; code?: number; next: number } {
  const character = characters[at] as string;
  if (character !== "\\") return { text: quote(character), code: character.codePointAt(0) as number, next: at + 1 };
  const escaped = characters[at + 1] as string;
  const text = classEscapes[escaped];
  if (text !== undefined) return { text, next: at + 2 };
  const literal = controls[escaped] ?? escaped;
  return { text: quoteEscaped(escaped, pattern), code: literal.codePointAt(0) as number, next: at + 2 };
}

function translateEscape(character: string, pattern: string): string {
  const several = classEscapes[character];
  if (several !== undefined) return `[${several}]`;
  return assertions[character] ?? quoteEscaped(character, pattern);
}

/** The one character that a backslash and a character stand for: a control character, or punctuation itself. */
function quoteEscaped(character: string, pattern: string): string {
  const control = controls[character];
  if (control !== undefined) return quote(control);
  // Go takes a backslash before ASCII punctuation only.
  if (!/^[\0-\x7f]$/.test(character) || /[0-9A-Za-z]/.test(character)) {
    throw invalidPattern(pattern, `"\\${character}" has no meaning in an ignore pattern`);
  }
  return quote(character);
}

function quote(character: string): string {
  return /^[0-9A-Za-z_/ ]$/.test(character) ? character : `\\u{${(character.codePointAt(0) as number).toString(16)}}`;
}
