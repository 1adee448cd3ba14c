import type { Compression } from "../media-type.ts";
import { gunzip } from "./gzip.ts";
import { peek } from "./peek.ts";
import { throughProgram } from "./program.ts";
import { unzstd } from "./zstd.ts";

/** How bytes are packed, with what archives use besides layers. */
export type DetectedCompression = Compression | "bzip2" | "xz";

/** The most bytes that `detectCompression` looks at. */
export const magicLength = 6;

const magics: readonly (readonly [DetectedCompression, readonly number[]])[] = [
  ["gzip", [0x1f, 0x8b]],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
  ["bzip2", [0x42, 0x5a, 0x68]],
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
];

/** Tells from the first bytes of a stream how it is packed; what is not recognised is taken as not packed. */
export function detectCompression(first: Uint8Array): DetectedCompression {
  for (const [compression, magic] of magics) {
    if (magic.every((byte, at) => first[at] === byte)) return compression;
  }
  return isSkippableFrame(first) ? "zstd" : "none";
}

/**
 * Unpacks a stream, however it is packed; what is not packed passes through.
 *
 * @param what what the bytes are, for the error
 * @throws OciError `invalid-compression`, or `unsupported-compression` where this machine cannot unpack it
 */
export async function* decompress(source: AsyncIterable<Uint8Array>, what: string): AsyncGenerator<Uint8Array> {
  const { first, whole } = await peek(source, magicLength);
  const compression = detectCompression(first);
  if (compression === "none") yield* whole;
  else if (compression === "gzip") yield* gunzip(whole, what);
  else if (compression === "zstd") yield* unzstd(whole, what);
  else yield* throughProgram(whole, compression, ["-d", "-c", "-q"], what);
}

/** Frames that zstd's readers skip (RFC 8878, 3.1.2); some writers put one in front. */
function isSkippableFrame(first: Uint8Array): boolean {
  return (
    first.length >= 4 && (first[0] as number) >> 4 === 5 && first[1] === 0x2a && first[2] === 0x4d && first[3] === 0x18
  );
}
