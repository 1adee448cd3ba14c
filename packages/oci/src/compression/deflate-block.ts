import { constants, crc32, deflateRaw, deflateRawSync, type ZlibOptions } from "node:zlib";
import { isNoise } from "./is-noise.ts";
import { noiseShare } from "./noise-share.ts";

/** The level that is taken where none is named: faster than zlib's own, 6, and one to two hundredths longer. */
export const defaultGzipLevel = 5;

/** Names how zlib is used; another name wherever the same level and content come to be other bytes. */
export const gzipForm = "windows and levels by noise";

/** zlib's name for the size of its tables; with the largest, content that hardly repeats takes a quarter less time. */
const memLevel = 9;
/** zlib's name for how far back it looks, as a power of 2: as far as the format reaches. */
const windowBits = 15;
/**
 * From this share of noise on, it looks back 8 KiB at most, and takes what it finds at once (level 3 and below): noise
 * fills its tables with bytes that never come back. For such blocks that takes three fifths of the time, and makes them
 * one to two hundredths longer.
 */
const muchNoise = 3 / 8;
const windowBitsInNoise = 13;
const levelInNoise = 3;

/** A block of a stream, and what it is deflated with. */
export interface BlockToDeflate {
  readonly block: Uint8Array;
  readonly level: number;
  /** The end of the block before. */
  readonly dictionary?: Uint8Array;
}

/** A block that ends on a byte's border, so that another may follow. */
export interface DeflatedBlock {
  readonly bytes: Uint8Array;
  /** The CRC-32 of what was deflated. */
  readonly crc: number;
}

/** Deflates a block, wherever that is done. */
export type DeflateBlock = (request: BlockToDeflate) => Promise<DeflatedBlock>;

/** Deflates a block in Node's thread pool. */
export const deflateInPool: DeflateBlock = (request) => {
  // The checksum is done at once, as the block may be given back when it has been deflated.
  const crc = crc32(request.block);
  return new Promise((resolve, reject) => {
    deflateRaw(request.block, optionsOf(request), (error, bytes) => {
      if (error === null) resolve({ bytes, crc });
      else reject(error);
    });
  });
};

/** Deflates a block in this thread; the bytes are those of `deflateInPool`. */
export function deflateHere(request: BlockToDeflate): DeflatedBlock {
  return { bytes: deflateRawSync(request.block, optionsOf(request)), crc: crc32(request.block) };
}

function optionsOf({ block, level, dictionary }: BlockToDeflate): ZlibOptions {
  const inNoise = level <= defaultGzipLevel && noiseShare(block) >= muchNoise;
  return {
    level: isNoise(block) ? constants.Z_NO_COMPRESSION : inNoise ? Math.min(level, levelInNoise) : level,
    memLevel,
    windowBits: inNoise ? windowBitsInNoise : windowBits,
    finishFlush: constants.Z_SYNC_FLUSH,
    // Room for the whole result, so that zlib is entered once for each block.
    chunkSize: block.length + (block.length >> 8) + 1024,
    ...(dictionary === undefined ? {} : { dictionary }),
  };
}
