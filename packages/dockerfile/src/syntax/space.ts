/** The characters that Go's `unicode.IsSpace` takes for space. */
const space = /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

export function isSpace(character: string | undefined): boolean {
  return character !== undefined && space.test(character);
}

/** The index of the first character from `at` on that is not space. */
export function skipSpace(text: string, at = 0): number {
  let index = at;
  while (index < text.length && isSpace(text[index])) index++;
  return index;
}

/** The index after the last character before `end` that is not space. */
export function trimEnd(text: string, end: number = text.length): number {
  let index = end;
  while (index > 0 && isSpace(text[index - 1])) index--;
  return index;
}
