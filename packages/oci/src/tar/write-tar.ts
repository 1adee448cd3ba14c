import type { Entry } from "../tree/entry.ts";
import { readPieces } from "../tree/file-piece.ts";
import { blockSize, paddingOf } from "./header.ts";
import { layOutTar, type TarOptions } from "./lay-out-tar.ts";
import { headLength } from "./member-head.ts";

/**
 * Writes entries as a tar, in chunks of 1 MiB (the last one is shorter), each a buffer of its own that may be given back.
 *
 * The bytes hang on the entries, their order and the epoch alone: ustar headers, with an extended header (POSIX.1-2001
 * pax) only where ustar cannot say it. Source files are read as their turn comes, so memory stays flat.
 *
 * @throws OciError `size-mismatch` for a source file that is not as long as its entry says, `not-found` where there is
 *   none, `unsafe-path` for a name with NUL, `invalid-tar` for a number that no tar can hold
 */
export function* writeTar(entries: Iterable<Entry>, options: TarOptions = {}): Generator<Uint8Array> {
  for (const { chunk, pieces } of layOutTar(entries, options)) {
    readPieces(chunk, pieces);
    yield chunk;
  }
}

/** Computes the exact length in bytes of what `writeTar` writes, without reading anything. */
export function tarLength(entries: Iterable<Entry>, options: TarOptions = {}): number {
  let length = 2 * blockSize;
  for (const entry of entries) {
    length += headLength(entry, options.epoch);
    if (entry.type === "file") length += entry.size + paddingOf(entry.size);
  }
  return length;
}
