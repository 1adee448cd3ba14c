import { OciError } from "../oci-error.ts";
import type { Segment } from "../tree/entry.ts";
import { blockSize, readNumber } from "./header.ts";

/** The most runs that a sparse file may have; more is refused, since each takes memory. */
const maximumRuns = 262_144;

/** Where a sparse file's stored bytes belong: offset and length in turn, and the length of the expanded file. */
export interface SparseMap {
  readonly size: number;
  readonly runs: readonly number[];
}

/** Gives the next block of the tar. */
export type NextBlock = () => Promise<Buffer>;

/**
 * Reads the map of GNU's old format: four runs in the header and 21 in each block that continues it.
 *
 * @param position where the header begins in the tar, for messages
 * @param where the member, for messages
 * @throws OciError `invalid-tar`
 */
export async function readHeaderMap(
  header: Buffer,
  nextBlock: NextBlock,
  position: number,
  where: string,
): Promise<SparseMap> {
  const runs: number[] = [];
  const size = readNumber(header, 483, 12, position);
  readRuns(header, 386, 4, runs, position);
  let continues = header[482] !== 0;
  while (continues) {
    const block = await nextBlock();
    readRuns(block, 0, 21, runs, position);
    continues = block[504] !== 0;
    if (runs.length > 2 * maximumRuns) throw malformed(where);
  }
  return { size, runs };
}

/**
 * Reads the runs at the beginning of the content, of GNU's pax format 1.0: decimal numbers in lines, padded to blocks.
 *
 * @throws OciError `invalid-tar`
 */
export async function readContentRuns(nextBlock: NextBlock, where: string): Promise<number[]> {
  const runs: number[] = [];
  let missing: number | undefined;
  let digits = "";
  while (missing !== 0) {
    const block = await nextBlock();
    for (let at = 0; at < blockSize && missing !== 0; at++) {
      const byte = block[at] as number;
      if (byte >= 0x30 && byte <= 0x39 && digits.length < 16) {
        digits += String.fromCharCode(byte);
        continue;
      }
      if (byte !== 0x0a || digits === "") throw malformed(where);
      const value = Number(digits);
      digits = "";
      if (missing === undefined) {
        if (value > maximumRuns) throw malformed(where);
        missing = 2 * value;
      } else {
        runs.push(value);
        missing--;
      }
    }
  }
  return runs;
}

/**
 * Makes a map segments of the stored content, which begins at `offset` and has `stored` bytes.
 *
 * @throws OciError `invalid-tar` where runs overlap, are out of order or do not use up what is stored
 */
export function segmentsOf(map: SparseMap, offset: number, stored: number, where: string): Segment[] {
  const segments: Segment[] = [];
  let end = 0;
  let used = 0;
  for (let index = 0; index < map.runs.length; index += 2) {
    const at = map.runs[index] as number;
    const length = map.runs[index + 1] ?? -1;
    if (at < end || length < 0 || at + length > map.size) throw malformed(where);
    if (length > 0) segments.push({ at, offset: offset + used, length });
    end = at + length;
    used += length;
  }
  if (used !== stored || map.size < 0 || !Number.isSafeInteger(map.size)) throw malformed(where);
  return segments;
}

function readRuns(block: Buffer, from: number, count: number, runs: number[], position: number): void {
  for (let at = from; at < from + count * 24; at += 24) {
    if (block[at] === 0 && block[at + 12] === 0) return;
    runs.push(readNumber(block, at, 12, position), readNumber(block, at + 12, 12, position));
  }
}

function malformed(where: string): OciError {
  return new OciError("invalid-tar", `the map of the sparse file ${where} is malformed`);
}
