/**
 * Wildcards of `${name#pattern}` and its like: `*` and `?`, and the escapes of both and of the backslash.
 *
 * Matching takes time in proportion to the text's length times the pattern's; nothing backtracks.
 */
export class Pattern {
  readonly #tokens: readonly Token[];

  private constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /**
   * Reads a pattern; `\}` and `\/` are the characters themselves.
   *
   * @returns the character whose escape means nothing, where there is one
   */
  static parse(text: string): Pattern | { readonly badEscape: string } {
    const tokens: Token[] = [];
    const characters = [...text];
    for (let at = 0; at < characters.length; at++) {
      const character = characters[at] as string;
      if (character === "*") tokens.push(anything);
      else if (character === "?") tokens.push(one);
      else if (character !== "\\") tokens.push({ character });
      else {
        const next = characters[++at];
        if (next === undefined || !"*?\\}/".includes(next)) return { badEscape: next ?? "" };
        tokens.push({ character: next });
      }
    }
    return new Pattern(tokens);
  }

  reversed(): Pattern {
    return new Pattern([...this.#tokens].reverse());
  }

  /** The end of the match that begins at `from`, the shortest or the longest, or undefined where none does. */
  matchAt(text: readonly string[], from: number, longest: boolean): number | undefined {
    let found: number | undefined;
    let states = this.#closure([0]);
    for (let at = from; ; at++) {
      if (states.at(-1) === this.#tokens.length) {
        found = at;
        if (!longest) return found;
      }
      if (at >= text.length || states.length === 0) return found;
      states = this.#closure(this.#step(states, text[at] as string));
    }
  }

  /** Tells for each place whether a match begins there. */
  starts(text: readonly string[]): readonly boolean[] {
    const starts = new Array<boolean>(text.length + 1).fill(false);
    const backward = this.reversed();
    let states = backward.#closure([0]);
    for (let at = text.length; ; at--) {
      starts[at] = states.at(-1) === this.#tokens.length;
      if (at === 0) return starts;
      const next = backward.#step(states, text[at - 1] as string);
      states = backward.#closure(next[0] === 0 ? next : [0, ...next]);
    }
  }

  /** The states that a character leads to, ascending; a state is the number of tokens done. */
  #step(states: readonly number[], character: string): number[] {
    const next: number[] = [];
    for (const state of states) {
      const token = this.#tokens[state];
      if (token === undefined) continue;
      if (
        token === anything ? character !== "\n" : token === one ? character !== "\n" : token.character === character
      ) {
        const target = token === anything ? state : state + 1;
        if (next.at(-1) !== target) next.push(target);
      }
    }
    return next;
  }

  #closure(states: readonly number[]): number[] {
    const all: number[] = [];
    for (const state of states) {
      let reached = state;
      if ((all.at(-1) ?? -1) < reached) all.push(reached);
      while (this.#tokens[reached] === anything) {
        reached++;
        if ((all.at(-1) as number) < reached) all.push(reached);
      }
    }
    return all;
  }
}

type Token = { readonly character: string };
const anything: Token = { character: "" };
const one: Token = { character: "" };

/** Removes a prefix that matches. */
export function withoutPrefix(pattern: Pattern, value: string, longest: boolean): string {
  const text = [...value];
  const end = pattern.matchAt(text, 0, longest);
  return end === undefined ? value : text.slice(end).join("");
}

/** Removes a suffix that matches. */
export function withoutSuffix(pattern: Pattern, value: string, longest: boolean): string {
  const text = [...value].reverse();
  const end = pattern.reversed().matchAt(text, 0, longest);
  return end === undefined ? value : text.slice(end).reverse().join("");
}

/** Replaces the first match or all, each the longest at its place. */
export function replaceMatches(pattern: Pattern, value: string, replacement: string, all: boolean): string {
  const text = [...value];
  const starts = pattern.starts(text);
  const result: string[] = [];
  let at = 0;
  let afterMatch = false;
  while (at <= text.length) {
    const end = starts[at] ? pattern.matchAt(text, at, true) : undefined;
    if (end === undefined || (end === at && afterMatch)) {
      if (at < text.length) result.push(text[at] as string);
      afterMatch = false;
      at++;
      continue;
    }
    result.push(replacement);
    if (!all) return result.join("") + text.slice(end).join("");
    afterMatch = end > at;
    if (end === at && at < text.length) result.push(text[at] as string);
    at = end === at ? at + 1 : end;
  }
  return result.join("");
}
