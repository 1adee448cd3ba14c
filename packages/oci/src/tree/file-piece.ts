import { closeSync, fstatSync, readSync } from "node:fs";
import type { OciError } from "../oci-error.ts";
import { changedWhileRead, openSource } from "./source-file.ts";

/** A piece of a file, and where in a buffer it goes. */
export interface FilePiece {
  /** The path of the file on this machine. */
  readonly path: string;
  /** Where in the file it begins, in bytes. */
  readonly offset: number;
  readonly length: number;
  /** Where in the buffer it goes, in bytes. */
  readonly at: number;
  /** How long the file has to be, where all of it is wanted. */
  readonly fileSize?: number;
}

/**
 * When the file of each piece was last changed, as it was after the reading: two numbers a piece, when its content was
 * (`mtimeMs`) and when anything of it was (`ctimeMs`). Of files that are not wanted whole nothing is said (`NaN`).
 */
export type TimesOfPieces = Float64Array;

/** Reads pieces of files into a buffer, wherever that is done; the buffer is full when it is done. */
export type ReadPieces = (buffer: Uint8Array, pieces: readonly FilePiece[]) => Promise<TimesOfPieces>;

/**
 * Reads pieces of files into a buffer, in this thread.
 *
 * @throws OciError `not-found` for a file that cannot be read, `size-mismatch` for one that has another length
 */
export function readPieces(buffer: Uint8Array, pieces: readonly FilePiece[]): TimesOfPieces {
  const times = new Float64Array(2 * pieces.length).fill(Number.NaN);
  for (const [number, piece] of pieces.entries()) {
    const descriptor = openSource(piece.path);
    try {
      readPiece(descriptor, buffer, piece);
      if (piece.fileSize === undefined) continue;
      const { size, mtimeMs, ctimeMs } = fstatSync(descriptor);
      if (size !== piece.fileSize) throw notAsLong(piece, size);
      times.set([mtimeMs, ctimeMs], 2 * number);
    } finally {
      closeSync(descriptor);
    }
  }
  return times;
}

function readPiece(descriptor: number, buffer: Uint8Array, piece: FilePiece): void {
  const { offset, length, at } = piece;
  for (let done = 0; done < length; ) {
    const found = readSync(descriptor, buffer, at + done, length - done, offset + done);
    if (found === 0) throw notAsLong(piece, fstatSync(descriptor).size);
    done += found;
  }
}

function notAsLong({ path, offset, length, fileSize = offset + length }: FilePiece, size: number): OciError {
  return changedWhileRead(`"${path}"`, fileSize, size > fileSize ? "more" : size);
}
