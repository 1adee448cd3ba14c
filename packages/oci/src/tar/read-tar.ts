import { OciError } from "../oci-error.ts";
import type { Entry, Segment } from "../tree/entry.ts";
import { ByteInput } from "./byte-input.ts";
import { type ScannedMember, TarScanner } from "./tar-scanner.ts";

/** One member of a tar that is being read. */
export interface TarMember {
  /** The entry, without content. */
  readonly entry: Entry;
  /** Where its stored content begins in the uncompressed tar, in bytes. */
  readonly offset: number;
  /** For sparse files, where the stored runs are in the uncompressed tar. */
  readonly segments?: readonly Segment[];
  /**
   * Streams the content, holes of sparse files as zero bytes; chunks are views of what the source gave.
   *
   * Can be read once, and only until the next member is asked for; what is not read is skipped.
   */
  body(): AsyncIterable<Uint8Array>;
}

/**
 * Reads the members of a tar in their order: v7, ustar, pax and GNU, with GNU's four kinds of sparse files.
 *
 * Paths come normalised (`./a//b/` as `a/b`). A tar may lack its end blocks, never a part of a member. The source is
 * read to its end, or told that no more is wanted when the caller stops early.
 *
 * @throws OciError `invalid-tar` naming the member, `unsafe-path` for `..`, NUL, and hard links that lead out
 */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarMember> {
  const input = new ByteInput(source);
  const scanner = new TarScanner(input);
  let current: ScannedMember | undefined;
  try {
    for (;;) {
      const member = await scanner.next();
      current = member;
      if (member === undefined) return;
      const content = readStored(scanner, input, () => current === member);
      yield {
        ...member,
        body: () => (member.segments === undefined ? content : expand(content, member.segments, member.entry.size)),
      };
    }
  } finally {
    current = undefined;
    await input.close();
  }
}

async function* readStored(scanner: TarScanner, input: ByteInput, isCurrent: () => boolean): AsyncGenerator<Buffer> {
  for (;;) {
    if (!isCurrent()) throw new OciError("invalid-tar", "a member's content can be read until the next member only");
    if (scanner.left === 0) return;
    const chunk = await input.takeSome(scanner.left);
    if (chunk === undefined) throw scanner.truncated();
    scanner.left -= chunk.length;
    yield chunk;
  }
}

const zeros = Buffer.alloc(64 * 1024);

/** Puts the stored runs of a sparse file at their places. */
async function* expand(
  stored: AsyncIterable<Buffer>,
  segments: readonly Segment[],
  size: number,
): AsyncGenerator<Uint8Array> {
  let at = 0;
  let index = 0;
  for await (let chunk of stored) {
    while (chunk.length > 0) {
      const segment = segments[index] as Segment;
      yield* hole(segment.at - at);
      at = Math.max(at, segment.at);
      const piece = chunk.subarray(0, segment.at + segment.length - at);
      yield piece;
      at += piece.length;
      chunk = chunk.subarray(piece.length);
      if (at === segment.at + segment.length) index++;
    }
  }
  yield* hole(size - at);
}

function* hole(length: number): Generator<Uint8Array> {
  for (let left = length; left > 0; left -= zeros.length) yield zeros.subarray(0, Math.min(left, zeros.length));
}
