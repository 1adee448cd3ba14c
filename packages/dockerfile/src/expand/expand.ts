import { isSpace } from "../syntax/space.ts";
import { Pattern, replaceMatches, withoutPrefix, withoutSuffix } from "./pattern.ts";

/** What the values of variables are taken from. */
export interface Variables {
  get(name: string): string | undefined;
}

export interface ExpandOptions {
  /** The character that takes the meaning from the next: the file's `escape`. Default a backslash. */
  readonly escape?: string;
  /** Quotes stay in the result. */
  readonly rawQuotes?: boolean;
  /** Escapes stay in the result. */
  readonly rawEscapes?: boolean;
  /** Quotes are characters like others. */
  readonly plainQuotes?: boolean;
  /** Variables without a value stay as they are. */
  readonly keepUnset?: boolean;
  /** Is told each name that has no value. */
  readonly onUnset?: (name: string) => void;
}

/** What is wrong with a text that cannot be expanded. */
export class ExpandError extends Error {
  override readonly name = "ExpandError";
}

const none: Variables = { get: () => undefined };

/** How much one text may expand to, in UTF-16 code units: more is a mistake, such as a value that doubles itself. */
export const maximumLength: number = 4 * 2 ** 20;
const maximumDepth = 200;

/**
 * Resolves the quotes, escapes and variables of a text; blanks stay.
 *
 * @throws ExpandError for quotes and braces that do not end, and for `${name:?message}` without a value
 */
export function expandWord(text: string, variables: Variables = none, options: ExpandOptions = {}): string {
  return new Expansion(text, variables, options).run("", options.rawEscapes ?? false).result;
}

/**
 * Resolves a text as `expandWord` does, and splits the result at blanks that are not quoted.
 *
 * @throws ExpandError as `expandWord` does
 */
export function expandWords(text: string, variables: Variables = none, options: ExpandOptions = {}): readonly string[] {
  return new Expansion(text, variables, options).run("", options.rawEscapes ?? false).words;
}

class Words {
  readonly words: string[] = [];
  #word = "";
  #inWord = false;

  add(text: string): void {
    for (const character of text) {
      if (!isSpace(character)) this.addRaw(character);
      else if (this.#inWord && this.#word !== "") this.end();
    }
  }

  addRaw(text: string): void {
    this.#word += text;
    this.#inWord = true;
  }

  end(): readonly string[] {
    if (this.#word !== "") this.words.push(this.#word);
    this.#word = "";
    this.#inWord = false;
    return this.words;
  }
}

class Expansion {
  readonly #text: string;
  readonly #variables: Variables;
  readonly #options: ExpandOptions;
  readonly #escape: string;
  #at = 0;
  #depth = 0;
  #length = 0;
  #rawEscapes = false;

  constructor(text: string, variables: Variables, options: ExpandOptions) {
    this.#text = text;
    this.#variables = variables;
    this.#options = options;
    this.#escape = options.escape ?? "\\";
  }

  /** Reads up to an unquoted `stop`, or to the end of the text where it is empty. */
  run(stop: string, rawEscapes: boolean): { result: string; words: readonly string[] } {
    if (++this.#depth > maximumDepth) throw new ExpandError(`substitutions are nested more than ${maximumDepth} deep`);
    const before = this.#rawEscapes;
    this.#rawEscapes = rawEscapes;
    const words = new Words();
    let result = "";
    for (;;) {
      const character = this.#next();
      if (character === undefined) break;
      if (character === stop) {
        this.#rawEscapes = before;
        this.#depth--;
        return { result, words: words.end() };
      }
      let piece = character;
      if (character === "$") {
        piece = this.#dollar();
        words.add(piece);
      } else if (character === "<") {
        piece = this.#heredocMarker();
        words.addRaw(piece);
      } else if (!this.#options.plainQuotes && (character === "'" || character === '"')) {
        piece = character === "'" ? this.#singleQuoted() : this.#doubleQuoted();
        words.addRaw(piece);
      } else if (character === this.#escape) {
        const next = this.#next();
        piece = (this.#rawEscapes ? character : "") + (next ?? "");
        if (piece !== "") words.addRaw(piece);
      } else words.add(character);
      result += piece;
      this.#grow(piece.length);
    }
    if (stop !== "") throw new ExpandError(`unexpected end of statement while looking for matching ${stop}`);
    this.#depth--;
    return { result, words: words.end() };
  }

  #grow(length: number): void {
    this.#length += length;
    if (this.#length > maximumLength)
      throw new ExpandError(`the text expands to more than ${maximumLength} characters`);
  }

  #peek(): string | undefined {
    const code = this.#text.codePointAt(this.#at);
    return code === undefined ? undefined : String.fromCodePoint(code);
  }

  #next(): string | undefined {
    const character = this.#peek();
    this.#at += character?.length ?? 0;
    return character;
  }

  #singleQuoted(): string {
    const end = this.#text.indexOf("'", this.#at);
    if (end === -1) throw new ExpandError("unexpected end of statement while looking for matching single-quote");
    const text = this.#text.slice(this.#at, end);
    this.#at = end + 1;
    return this.#options.rawQuotes ? `'${text}'` : text;
  }

  #doubleQuoted(): string {
    const quote = this.#options.rawQuotes ? '"' : "";
    let result = quote;
    for (;;) {
      const character = this.#next();
      if (character === undefined)
        throw new ExpandError("unexpected end of statement while looking for matching double-quote");
      if (character === '"') return result + quote;
      if (character === "$") {
        const piece = this.#dollar();
        this.#grow(piece.length);
        result += piece;
      } else if (character !== this.#escape) result += character;
      else {
        if (this.#rawEscapes) result += character;
        const next = this.#peek();
        if (next === undefined) continue;
        if (next === '"' || next === "$" || next === this.#escape) {
          this.#next();
          result += next;
        } else result += character;
      }
    }
  }

  #heredocMarker(): string {
    if (this.#peek() !== "<") return "<";
    const start = this.#at - 1;
    this.#at++;
    while (/[\t\r ]/.test(this.#text[this.#at] ?? "")) this.#at++;
    return this.#text.slice(start, this.#at);
  }

  #dollar(): string {
    if (this.#peek() === "{") return this.#braces();
    const name = this.#name();
    if (name === "") return "$";
    const value = this.#value(name);
    return value ?? (this.#options.keepUnset ? `$${name}` : "");
  }

  #braces(): string {
    this.#at++;
    const first = this.#peek();
    if (first === undefined) throw new ExpandError("syntax error: missing '}'");
    if (first === "{" || first === "}" || first === ":") throw new ExpandError("syntax error: bad substitution");
    const name = this.#name();
    const modifier = this.#next();
    if (modifier === "}") return this.#value(name) ?? (this.#options.keepUnset ? `\${${name}}` : "");
    if (modifier === "/") return this.#replace(name);
    const emptyIsUnset = modifier === ":";
    const kind = emptyIsUnset ? this.#next() : modifier;
    const shown = (emptyIsUnset ? ":" : "") + (kind ?? "");
    const strips = kind === "#" || kind === "%";
    if (kind === undefined || !"+-?#%".includes(kind) || (emptyIsUnset && strips)) {
      throw new ExpandError(`unsupported modifier (${shown}) in substitution`);
    }
    const word = this.#until("}", strips, "syntax error: missing '}'");
    const value = this.#value(name);
    if (value === undefined && this.#options.keepUnset) return `\${${name}${shown}${word}}`;
    if (strips) return this.#strip(kind, word, value ?? "");
    const missing = value === undefined || (emptyIsUnset && value === "");
    if (kind === "-") return missing ? word : value;
    if (kind === "+") return missing ? "" : word;
    if (!missing) return value;
    throw new ExpandError(`${name}: ${word || `is not allowed to be ${value === undefined ? "unset" : "empty"}`}`);
  }

  #strip(kind: "#" | "%" | string, word: string, value: string): string {
    const longest = word.startsWith(kind);
    const pattern = toPattern(longest ? word.slice(1) : word);
    return kind === "#" ? withoutPrefix(pattern, value, longest) : withoutSuffix(pattern, value, longest);
  }

  #replace(name: string): string {
    const all = this.#peek() === "/";
    if (all) this.#at++;
    const pattern = this.#until("/", true, "syntax error: missing '/' in ${}");
    const replacement = this.#until("}", true, "syntax error: missing '}'");
    const value = this.#value(name);
    if (value === undefined && this.#options.keepUnset) return `\${${name}/${pattern}/${replacement}}`;
    const replaced = replaceMatches(toPattern(pattern), value ?? "", replacement, all);
    this.#grow(replaced.length);
    return replaced;
  }

  #until(stop: string, rawEscapes: boolean, atEnd: string): string {
    const depth = this.#depth;
    try {
      return this.run(stop, rawEscapes).result;
    } catch (error) {
      if (this.#at >= this.#text.length && this.#depth - depth < 2 && error instanceof ExpandError)
        throw new ExpandError(atEnd);
      throw error;
    }
  }

  #name(): string {
    const rest = this.#text.slice(this.#at, this.#at + 1);
    if (/\p{Nd}/u.test(rest)) return this.#take(/\p{Nd}+/uy);
    if ("@*#?-$!".includes(rest) && rest !== "") return this.#take(/./uy);
    return this.#take(/[\p{L}\p{Nd}_]+/uy);
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? "";
    this.#at += found.length;
    return found;
  }

  #value(name: string): string | undefined {
    const value = this.#variables.get(name);
    if (value === undefined) this.#options.onUnset?.(name);
    return value;
  }
}

function toPattern(text: string): Pattern {
  const pattern = Pattern.parse(text);
  if (pattern instanceof Pattern) return pattern;
  throw new ExpandError(`invalid pattern (${text}) in substitution: invalid escape '\\${pattern.badEscape}'`);
}
