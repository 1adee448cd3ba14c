import { StrakeError } from "../strake-error.ts";

/**
 * Matches a path with a pattern as Go's `filepath.Match` does on Unix, which is what COPY's wildcards mean.
 *
 * `*` and `?` stand for characters other than the slash, `[a-z]` and `[^a-z]` for one character, and `\` takes the
 * meaning from the next. The whole path has to match; a pattern that ends sooner does not match what is below.
 *
 * @throws StrakeError `invalid-pattern`
 */
export function matchPath(pattern: string, path: string): boolean {
  return pathMatcher(pattern)(path);
}

/**
 * Makes the test of `matchPath`, for a pattern that is used more than once.
 *
 * @throws StrakeError `invalid-pattern`
 */
export function pathMatcher(pattern: string): (path: string) => boolean {
  const chunks = parsePattern(pattern);
  return (path) => matchChunks(chunks, [...path]);
}

/** Tells whether COPY takes a path for a wildcard: it has `*`, `?` or `[` without a backslash before. */
export function hasWildcard(path: string): boolean {
  return /^(?:\\[\s\S]|[^\\*?[])*[*?[]/.test(path);
}

/** A test of one character. */
type Element = (character: string) => boolean;

/** What stands between two stars, each for one character. */
interface Chunk {
  readonly afterStar: boolean;
  readonly elements: readonly Element[];
}

/**
 * Matches chunk by chunk, each as far to the left as it goes, and never goes back to an earlier one.
 *
 * Going back would find matches that Go does not, where a negated class takes a slash.
 */
function matchChunks(chunks: readonly Chunk[], path: readonly string[]): boolean {
  let at = 0;
  for (const [index, chunk] of chunks.entries()) {
    const last = index === chunks.length - 1;
    if (last && chunk.afterStar && chunk.elements.length === 0) return !path.includes("/", at);
    while (!matchesAt(chunk, path, at) || (last && at + chunk.elements.length < path.length)) {
      if (!chunk.afterStar || at >= path.length || path[at] === "/") return false;
      at += 1;
    }
    at += chunk.elements.length;
  }
  return at === path.length;
}

function matchesAt(chunk: Chunk, path: readonly string[], at: number): boolean {
  const { elements } = chunk;
  if (at + elements.length > path.length) return false;
  for (let index = 0; index < elements.length; index++) {
    if (!(elements[index] as Element)(path[at + index] as string)) return false;
  }
  return true;
}

function parsePattern(pattern: string): Chunk[] {
  const characters = [...pattern];
  const chunks: Chunk[] = [];
  let elements: Element[] = [];
  let afterStar = false;
  for (let at = 0; at < characters.length; ) {
    if (characters[at] === "*") {
      if (afterStar || elements.length > 0) chunks.push({ afterStar, elements });
      while (characters[at] === "*") at += 1;
      [afterStar, elements] = [true, []];
    } else {
      const read = parseElement(characters, at, pattern);
      elements.push(read.element);
      at = read.next;
    }
  }
  if (afterStar || elements.length > 0) chunks.push({ afterStar, elements });
  return chunks;
}

function parseElement(characters: readonly string[], at: number, pattern: string): { element: Element; next: number } {
  const character = characters[at] as string;
  if (character === "?") return { element: (other) => other !== "/", next: at + 1 };
  if (character === "[") return parseClass(characters, at + 1, pattern);
  if (character !== "\\") return { element: (other) => other === character, next: at + 1 };
  const escaped = characters[at + 1];
  if (escaped === undefined) throw invalidPattern(pattern, "it ends with a backslash");
  return { element: (other) => other === escaped, next: at + 2 };
}

function parseClass(characters: readonly string[], start: number, pattern: string): { element: Element; next: number } {
  let at = start;
  const negated = characters[at] === "^";
  if (negated) at += 1;
  const ranges: { low: number; high: number }[] = [];
  while (characters[at] !== "]" || ranges.length === 0) {
    const low = classCharacter(characters, at, pattern);
    const high = characters[low.next] === "-" ? classCharacter(characters, low.next + 1, pattern) : low;
    ranges.push({ low: low.code, high: high.code });
    at = high.next;
  }
  const element: Element = (other) => {
    const code = other.codePointAt(0) as number;
    return ranges.some(({ low, high }) => low <= code && code <= high) !== negated;
  };
  return { element, next: at + 1 };
}

/** One character of a class; there has to be something after it. */
function classCharacter(characters: readonly string[], at: number, pattern: string): { code: number; next: number } {
  const from = characters[at] === "\\" ? at + 1 : at;
  const character = characters[from];
  if (character === undefined || from + 1 >= characters.length) throw invalidPattern(pattern, "a [ is not closed");
  if (from === at && (character === "-" || character === "]")) {
    throw invalidPattern(pattern, `"${character}" needs a backslash at its place between [ and ]`);
  }
  return { code: character.codePointAt(0) as number, next: from + 1 };
}

/** The error about a wildcard that cannot be read. */
export function invalidPattern(pattern: string, why: string, cause?: unknown): StrakeError {
  return new StrakeError({ code: "invalid-pattern", message: `"${pattern}" is not a valid pattern: ${why}`, cause });
}
