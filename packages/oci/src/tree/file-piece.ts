import { closeSync, fstatSync, readSync } from "node:fs";
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

/** Reads pieces of files into a buffer, wherever that is done; the buffer is full when it is done. */
export type ReadPieces = (buffer: Uint8Array, pieces: readonly FilePiece[]) => Promise<void>;

/**
 * Reads pieces of files into a buffer, in this thread.
 *
 * @throws OciError `not-found` for a file that cannot be read, `size-mismatch` for one that has another length
 */
export function readPieces(buffer: Uint8Array, pieces: readonly FilePiece[]): void {
  for (const piece of pieces) {
    const descriptor = openSource(piece.path);
    try {
      if (piece.fileSize !== undefined) checkSize(descriptor, piece.path, piece.fileSize);
      readPiece(descriptor, buffer, piece);
    } finally {
      closeSync(descriptor);
    }
  }
}

function readPiece(descriptor: number, buffer: Uint8Array, { path, offset, length, at }: FilePiece): void {
  for (let done = 0; done < length; ) {
    const found = readSync(descriptor, buffer, at + done, length - done, offset + done);
    if (found === 0) throw changedWhileRead(`"${path}"`, offset + length, offset + done);
    done += found;
  }
}

function checkSize(descriptor: number, path: string, expected: number): void {
  const { size } = fstatSync(descriptor);
  if (size !== expected) throw changedWhileRead(`"${path}"`, expected, size > expected ? "more" : size);
}
