import { nearest } from "@strake/core";

/** Makes the note that offers the known name nearest to a mistaken one, if one is near: a list of one, or of none. */
export function didYouMean(mistaken: string, known: readonly string[]): readonly string[] {
  const near = nearest(mistaken, known);
  return near === undefined ? [] : [`Did you mean ${near}?`];
}
