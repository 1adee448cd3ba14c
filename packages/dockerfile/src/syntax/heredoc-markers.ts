import { ExpandError, expandWords } from "../expand/expand.ts";
import type { Heredoc } from "./tree.ts";

/** A heredoc that an instruction announces. */
export type HeredocMarker = Pick<Heredoc, "name" | "expand" | "chomp">;

/** Reads a word as `<<NAME`, `<<-NAME` or `<<"NAME"`, with the digits of a file descriptor before it. */
export function readHeredocMarker(word: string): HeredocMarker | undefined {
  const found = /^\d*<<(-?)[\t\n\f\r ]*([^<]*)$/.exec(word);
  const rest = found?.[2] ?? "";
  if (found === null || rest === "") return undefined;
  const words = expandWords(rest, undefined, { keepUnset: true });
  if (words.length !== 1) return undefined;
  const name = words[0] as string;
  // A quote that only the raw reading keeps means that a part of the name is quoted.
  const raw = expandWords(rest, undefined, { keepUnset: true, rawQuotes: true }).join("");
  return { name, expand: quotes(name) === quotes(raw), chomp: found[1] === "-" };
}

/** The heredocs of a joined line, in order; none where its quotes do not end. */
export function heredocMarkers(line: string): readonly HeredocMarker[] {
  if (!line.includes("<<")) return [];
  let words: readonly string[];
  try {
    words = expandWords(line, undefined, { rawQuotes: true, rawEscapes: true, keepUnset: true });
  } catch (error) {
    if (error instanceof ExpandError) return [];
    throw error;
  }
  return words.flatMap((word) => readHeredocMarker(word) ?? []);
}

/** A heredoc's text as it is meant: without the tabs that `<<-` drops. */
export function heredocText(heredoc: Heredoc): string {
  return heredoc.chomp ? heredoc.content.replace(/^\t+/gm, "") : heredoc.content;
}

function quotes(text: string): number {
  return text.replace(/[^'"]/g, "").length;
}
