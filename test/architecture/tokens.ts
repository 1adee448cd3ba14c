/** A piece of TypeScript source that is not a comment or white space. */
export interface Token {
  /** `word` is a name, a keyword or a number; `template` is a template literal without its substitutions. */
  readonly kind: "word" | "string" | "template" | "regex" | "mark";
  /** As written; a string without its quotes. */
  readonly text: string;
  /** Counted from 1. */
  readonly line: number;
}

const pieces =
  /(?<blank>\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/)|(?<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(?<word>[\w$\u0080-\uffff]+)|(?<mark>=>|[\s\S])/y;
const regexLiteral = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
const templateText = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*(?:`|\$\{|$)/y;
const beforeRegex = /^(?:[([{},;:=!&|?+*<>~^%-]|=>|return|typeof|case|in|of|void|await|yield)$/;

/**
 * Splits TypeScript into tokens: exact about comments, strings, templates and regular expressions, which is what a
 * look for imports and names needs, and about nothing else.
 */
export function readTokens(source: string): Token[] {
  const tokens: Token[] = [];
  const braces: ("block" | "substitution")[] = [];
  let position = 0;
  let line = 1;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = position;
    const match = pattern.exec(source);
    if (match === null) return null;
    position += match[0].length;
    return match;
  };
  const add = (kind: Token["kind"], text: string, whole: string): void => {
    tokens.push({ kind, text, line });
    line += whole.split("\n").length - 1;
  };
  const addTemplatePart = (): void => {
    const part = take(templateText)?.[0] ?? "";
    if (part.endsWith("${")) braces.push("substitution");
    add("template", part.replace(/(`|\$\{)$/, ""), part);
  };
  while (position < source.length) {
    const previous = tokens.at(-1);
    const mayBeRegex = previous === undefined || (previous.kind !== "string" && beforeRegex.test(previous.text));
    const next = source.slice(position, position + 2);
    if (next[0] === "/" && next[1] !== "/" && next[1] !== "*" && mayBeRegex) {
      const regex = take(regexLiteral);
      if (regex !== null) {
        add("regex", regex[0], regex[0]);
        continue;
      }
    }
    const match = take(pieces);
    if (match === null) break;
    const { blank, string, word, mark } = match.groups ?? {};
    if (blank !== undefined) line += blank.split("\n").length - 1;
    else if (string !== undefined) add("string", string.slice(1, -1), string);
    else if (word !== undefined) add("word", word, word);
    else if (mark === "`") addTemplatePart();
    else if (mark === "}" && braces.pop() === "substitution") addTemplatePart();
    else {
      if (mark === "{") braces.push("block");
      add("mark", mark ?? "", mark ?? "");
    }
  }
  return tokens;
}
