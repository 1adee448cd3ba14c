import { openContent } from "../tree/content-reader.ts";
import type { Entry } from "../tree/entry.ts";
import { ChunkWriter } from "./chunk-writer.ts";
import { blockSize, paddingOf } from "./header.ts";
import { encodeExtendedHead, headLength, writePlainHead } from "./member-head.ts";

/** What a tar's bytes hang on besides its entries. */
export interface TarOptions {
  /** The latest time, in seconds since 1970: later ones become it. */
  readonly epoch?: number;
}

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
  const output = new ChunkWriter();
  for (const entry of entries) {
    if (output.isFull) yield output.take();
    if (writePlainHead(entry, options.epoch, output.buffer, output.at)) output.at += blockSize;
    else yield* writeExtendedHead(entry, options.epoch, output);
    if (entry.type !== "file") continue;

    // Not a function of its own: delegating to a generator costs as much as the rest of a small file.
    const reader = openContent(entry);
    try {
      for (let left = entry.size; left > 0; ) {
        if (output.isFull) yield output.take();
        const length = reader.read(output.buffer, output.at, output.buffer.length);
        output.at += length;
        left -= length;
      }
    } finally {
      reader.close();
    }
    output.writeZeros(paddingOf(entry.size));
  }
  for (let block = 0; block < 2; block++) {
    if (output.isFull) yield output.take();
    output.writeZeros(blockSize);
  }
  yield output.take();
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

function* writeExtendedHead(entry: Entry, epoch: number | undefined, output: ChunkWriter): Generator<Uint8Array> {
  const head = encodeExtendedHead(entry, epoch);
  for (let done = 0; done < head.length; ) {
    if (output.isFull) yield output.take();
    done += output.write(head, done);
  }
}
