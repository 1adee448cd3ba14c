import { posix } from "node:path";
import { fromGoExpression } from "./ignore-expression.ts";
import { invalidPattern, pathMatcher } from "./match-path.ts";

/** One line of a `.dockerignore`, ready to be asked. */
export interface IgnorePattern {
  /** The line began with `!`: what it matches is taken in again. */
  readonly negated: boolean;
  /** Tells whether the pattern matches this very path, whatever is above it. */
  matches(path: string): boolean;
  /** False where the pattern can match nothing below a directory; true where it perhaps does. */
  mayMatchBelow(directory: string): boolean;
}

/**
 * Reads one ignore pattern, with the meaning that moby/patternmatcher 0.6.1 gives it.
 *
 * Patterns are anchored at the root. `*` and `?` stop at a slash, `**` does not. A pattern has to be one of Go's
 * `filepath.Match` as well as make a regular expression of Go's, so that some odd ones are refused.
 *
 * @returns undefined for a blank pattern
 * @throws StrakeError `invalid-pattern`
 */
export function ignorePattern(pattern: string): IgnorePattern | undefined {
  const trimmed = trimSpace(pattern);
  if (trimmed === "") return undefined;
  const clean = cleanGoPath(trimmed);
  const negated = clean.startsWith("!");
  const text = negated ? clean.slice(1) : clean;
  if (text === "") throw invalidPattern(pattern, "nothing stands after the !");
  pathMatcher(text);
  return { negated, matches: patternTest(text, pattern), mayMatchBelow: depthTest(text) };
}

/** Cleans a path as Go's `filepath.Clean` does: as POSIX normalization, and without a slash at the end. */
export function cleanGoPath(path: string): string {
  const clean = posix.normalize(path);
  return clean.length > 1 && clean.endsWith("/") ? clean.slice(0, -1) : clean;
}

/** Removes white space at both ends, of Go's kind: U+0085 is such, the byte order mark is not. */
export function trimSpace(text: string): string {
  return text.replace(/^(?:(?!\ufeff)[\s\x85])+|(?:(?!\ufeff)[\s\x85])+$/g, "");
}

function patternTest(text: string, pattern: string): (path: string) => boolean {
  const { kind, expression } = goExpression(text);
  if (kind === "exact") return (path) => path === text;
  if (kind === "prefix") {
    const prefix = text.slice(0, -2);
    return (path) => path.startsWith(prefix);
  }
  if (kind === "suffix") {
    const suffix = text.slice(2);
    const whole = suffix.startsWith("/") ? suffix.slice(1) : undefined;
    return (path) => path.endsWith(suffix) || path === whole;
  }
  const compiled = fromGoExpression(expression, pattern);
  return (path) => compiled.test(path);
}

type Kind = "exact" | "prefix" | "suffix" | "expression";

/** The kind of test that a pattern needs, and the regular expression that moby/patternmatcher makes of it. */
function goExpression(text: string): { kind: Kind; expression: string } {
  const characters = [...text];
  let kind: Kind = "exact";
  let expression = "^";
  for (let at = 0; at < characters.length; ) {
    const start = at;
    const character = characters[at++] as string;
    if (character === "*" && characters[at] === "*") {
      at += 1;
      if (characters[at] === "/") at += 1;
      const atEnd = at === characters.length;
      expression += atEnd ? ".*" : "(.*/)?";
      kind = start === 0 ? "suffix" : atEnd && kind === "exact" ? "prefix" : "expression";
    } else if (character === "*" || character === "?") {
      expression += character === "*" ? "[^/]*" : "[^/]";
      kind = "expression";
    } else if (character === "\\") {
      expression += `\\${characters[at++]}`;
      kind = "expression";
    } else if (character === "[" || character === "]") {
      expression += character;
      kind = "expression";
    } else {
      // The escaping of moby/patternmatcher overlooks `|`, `{` and `}`, so that Go's parser gives them a meaning.
      expression += ".+()$".includes(character) ? `\\${character}` : character;
    }
  }
  return { kind, expression: `${expression}$` };
}

function depthTest(text: string): (directory: string) => boolean {
  // An alternative is not anchored.
  if (text.includes("|")) return () => true;
  const names = text.split("/");
  const dynamic = names.findIndex((name) => /[*?[\]^\\{]/.test(name));
  const literal = (dynamic < 0 ? names : names.slice(0, dynamic)).join("/");
  // A class and a backslash can stand for a slash, and two stars for many.
  const depth = /\*\*|[[\]\\]/.test(text) ? Number.POSITIVE_INFINITY : names.length;
  return (directory) => {
    if (literal.startsWith(`${directory}/`)) return true;
    const onTheWay = literal === "" || literal === directory || directory.startsWith(`${literal}/`);
    return dynamic >= 0 && onTheWay && directory.split("/").length < depth;
  };
}
