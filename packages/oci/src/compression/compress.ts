import type { Compression } from "../media-type.ts";
import { type DeflateBlock, defaultGzipLevel, gzipForm } from "./deflate-block.ts";
import { gzip } from "./gzip.ts";
import { defaultZstdLevel, zstd } from "./zstd.ts";

/**
 * Packs a stream in one of the ways that layers are packed.
 *
 * @param level the compressor's own level: 0 to 9 for gzip, 1 to 22 for zstd
 * @param deflate deflates the blocks of gzip; Node's thread pool does where absent
 * @throws OciError `unsupported-compression` for zstd before Node 22.15
 */
export function compress(
  source: AsyncIterable<Uint8Array>,
  compression: Compression,
  level?: number,
  deflate?: DeflateBlock,
): AsyncIterable<Uint8Array> {
  if (compression === "none") return source;
  const options = level === undefined ? {} : { level };
  if (compression === "zstd") return zstd(source, options);
  return gzip(source, deflate === undefined ? options : { ...options, deflate });
}

/**
 * Names what makes the compressed bytes what they are: the library, its version, the level, and how it is used.
 *
 * Two machines that give the same name here may be expected to give the same compressed digest.
 */
export function compressor(compression: Compression, level?: number): string {
  if (compression === "none") return "none";
  if (compression === "zstd") return `zstd-${process.versions.zstd ?? "unknown"}/level ${level ?? defaultZstdLevel}`;
  return `zlib-${process.versions.zlib}/level ${level ?? defaultGzipLevel}/${gzipForm}`;
}
