import type { CallSite } from "@strake/core";

/** A source map (ECMA-426) as esbuild writes it, with absolute paths as its sources. */
export interface RawSourceMap {
  readonly version: 3;
  readonly sources: readonly string[];
  readonly mappings: string;
}

/** Where a piece of compiled code came from; all numbers count from 0. */
interface Segment {
  readonly column: number;
  readonly source: number;
  readonly sourceLine: number;
  readonly sourceColumn: number;
}

/** Finds the source of a position in compiled code, or nothing where the code has none. */
export type PositionLookup = (line: number, column: number) => CallSite | undefined;

/**
 * Makes the look-up of a source map; the map is decoded when the first position is asked for.
 *
 * Lines and columns count from 1 on both sides.
 */
export function sourcePositions(map: RawSourceMap): PositionLookup {
  let lines: readonly (readonly Segment[])[] | undefined;
  return (line, column) => {
    lines ??= decodeMappings(map.mappings);
    const segment = lastAtOrBefore(lines[line - 1] ?? [], column - 1);
    const file = segment && map.sources[segment.source];
    if (file === undefined) return undefined;
    return { file, line: segment!.sourceLine + 1, column: segment!.sourceColumn + 1 };
  };
}

function lastAtOrBefore(segments: readonly Segment[], column: number): Segment | undefined {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (segments[middle]!.column <= column) low = middle + 1;
    else high = middle;
  }
  return segments[low - 1];
}

/** Decodes the `mappings` of a source map: segments by line of the compiled code, in order of their columns. */
function decodeMappings(mappings: string): readonly (readonly Segment[])[] {
  let source = 0;
  let sourceLine = 0;
  let sourceColumn = 0;
  return mappings.split(";").map((line) => {
    let column = 0;
    const segments: Segment[] = [];
    if (line === "") return segments;
    for (const text of line.split(",")) {
      const fields = decodeNumbers(text);
      column += fields[0] ?? 0;
      if (fields.length < 4) continue;
      source += fields[1]!;
      sourceLine += fields[2]!;
      sourceColumn += fields[3]!;
      segments.push({ column, source, sourceLine, sourceColumn });
    }
    return segments;
  });
}

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const digitValues = new Map([...digits].map((digit, value) => [digit, value]));

/** Decodes base64 VLQ numbers: five bits to a digit, the lowest first, the lowest bit of all being the sign. */
function decodeNumbers(text: string): number[] {
  const numbers: number[] = [];
  let value = 0;
  let shift = 0;
  for (const digit of text) {
    const bits = digitValues.get(digit) ?? 0;
    value |= (bits & 31) << shift;
    shift += 5;
    if ((bits & 32) !== 0) continue;
    numbers.push(value & 1 ? -(value >>> 1) : value >>> 1);
    value = 0;
    shift = 0;
  }
  return numbers;
}
