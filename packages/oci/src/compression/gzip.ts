import { availableParallelism } from "node:os";
import { constants, crc32, createGunzip, deflateRaw } from "node:zlib";
import { OciError } from "../oci-error.ts";
import { chunkSize as blockSize, giveBackChunk, takeChunkBuffer } from "../tar/chunk-buffers.ts";
import { isNoise } from "./is-noise.ts";
import { throughPipe } from "./pipe.ts";

/** The level that is taken where none is named: faster than zlib's own, 6, and one to two hundredths longer. */
export const defaultGzipLevel = 5;

// These and the size of a block are part of what the compressed bytes depend on.
const dictionarySize = 32 * 1024;
/** zlib's name for the size of its tables; with the largest, content that hardly repeats takes a quarter less time. */
const memLevel = 9;

/** No name, no time, no operating system: the header that Go's writer has too. */
const header = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff);
/** The empty block that ends a deflate stream; every block before it ends on a byte's border. */
const lastBlock = Uint8Array.of(3, 0);

/**
 * Packs a stream as one gzip member, in blocks that are deflated in parallel by Node's thread pool.
 *
 * Each block is deflated with the end of the one before as its dictionary, so hardly anything is lost to the cuts. The
 * bytes depend on the content, the level and the zlib of the runtime, and not on the number of threads or on how the
 * source is cut into chunks.
 */
export async function* gzip(
  source: AsyncIterable<Uint8Array>,
  options: { readonly level?: number } = {},
): AsyncGenerator<Uint8Array> {
  const level = options.level ?? defaultGzipLevel;
  const most = availableParallelism() + 2;
  const inFlight: Promise<Uint8Array>[] = [];
  let before: Uint8Array | undefined;
  let crc = 0;
  let size = 0;
  yield header;
  for await (const block of inBlocks(source)) {
    crc = crc32(block, crc);
    size += block.length;
    inFlight.push(deflateBlock(block, level, before));
    // A copy: the block may be used for something else once it has been deflated.
    before = Buffer.from(block.subarray(-dictionarySize));
    if (inFlight.length === most) yield await (inFlight.shift() as Promise<Uint8Array>);
  }
  while (inFlight.length > 0) yield await (inFlight.shift() as Promise<Uint8Array>);
  const trailer = new DataView(new ArrayBuffer(8));
  trailer.setUint32(0, crc, true);
  trailer.setUint32(4, size % 0x1_0000_0000, true);
  yield lastBlock;
  yield new Uint8Array(trailer.buffer);
}

/**
 * Unpacks gzip: one member or several after one another, and nothing else.
 *
 * @param what what the bytes are, for the error
 * @throws OciError `invalid-compression` when the stream is damaged, ends early or is followed by other bytes
 */
export async function* gunzip(source: AsyncIterable<Uint8Array>, what = "gzip stream"): AsyncGenerator<Uint8Array> {
  const engine = createGunzip({ chunkSize: 256 * 1024 });
  let taken = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      taken += chunk.length;
      yield chunk;
    }
  }
  yield* throughPipe(counted(), { input: engine, output: engine }, (cause) => {
    const early = (cause as NodeJS.ErrnoException).code === "Z_BUF_ERROR";
    const problem = early ? "it ends too early" : (cause as Error).message;
    return new OciError("invalid-compression", `${what} is not valid gzip: ${problem}`, { cause });
  });
  if (taken === 0) throw new OciError("invalid-compression", `${what} is not valid gzip: it is empty`);
  if (engine.bytesWritten !== taken) {
    throw new OciError("invalid-compression", `${what} is not valid gzip: other bytes follow its end`);
  }
}

/** Cuts a stream into blocks of one size, the last may be shorter; a chunk that is a block is handed on as it is. */
async function* inBlocks(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let block: Uint8Array = takeChunkBuffer();
  let filled = 0;
  for await (const chunk of source) {
    if (filled === 0 && chunk.length === blockSize) {
      yield chunk;
      continue;
    }
    for (let from = 0; from < chunk.length; ) {
      const part = chunk.subarray(from, from + blockSize - filled);
      block.set(part, filled);
      filled += part.length;
      from += part.length;
      if (filled < blockSize) continue;
      yield block;
      block = takeChunkBuffer();
      filled = 0;
    }
    giveBackChunk(chunk);
  }
  if (filled > 0) yield block.subarray(0, filled);
}

function deflateBlock(block: Uint8Array, level: number, dictionary: Uint8Array | undefined): Promise<Uint8Array> {
  const options = {
    level: isNoise(block) ? constants.Z_NO_COMPRESSION : level,
    memLevel,
    windowBits: 15,
    finishFlush: constants.Z_SYNC_FLUSH,
    // Room for the whole result, so that the thread pool is entered once for each block.
    chunkSize: block.length + (block.length >> 8) + 1024,
    ...(dictionary === undefined ? {} : { dictionary }),
  };
  const deflated = new Promise<Uint8Array>((resolve, reject) => {
    deflateRaw(block, options, (error, result) => {
      giveBackChunk(block);
      if (error === null) resolve(result);
      else reject(error);
    });
  });
  // A consumer that stops early leaves blocks behind that nobody waits for.
  deflated.catch(() => {});
  return deflated;
}
