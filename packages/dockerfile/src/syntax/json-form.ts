import { skipSpace } from "./space.ts";
import type { Piece } from "./words.ts";

/**
 * Reads a JSON array of strings, or nothing where the text is no JSON: it is then taken as it stands.
 *
 * @returns "mixed" for an array with something else than strings, which is a mistake
 */
export function readJsonForm(text: string, from: number, to: number): readonly Piece[] | "mixed" | undefined {
  const start = Math.min(skipSpace(text, from), to);
  if (text[start] !== "[" || start >= to) return undefined;
  let values: unknown;
  try {
    values = JSON.parse(text.slice(start, to));
  } catch {
    return undefined;
  }
  if (!Array.isArray(values) || !values.every((value) => typeof value === "string")) return "mixed";
  const pieces: Piece[] = [];
  let at = start + 1;
  for (const value of values as string[]) {
    const open = text.indexOf('"', at);
    let close = open + 1;
    while (text[close] !== '"') close += text[close] === "\\" ? 2 : 1;
    at = close + 1;
    pieces.push({ start: open, end: at, value });
  }
  return pieces;
}
