import { availableParallelism } from "node:os";
import { createGunzip } from "node:zlib";
import { OciError } from "../oci-error.ts";
import { chunkSize as blockSize, giveBackChunk, takeChunkBuffer } from "../tar/chunk-buffers.ts";
import { combineCrc32 } from "./crc32-combine.ts";
import { type DeflateBlock, type DeflatedBlock, defaultGzipLevel, deflateInPool } from "./deflate-block.ts";
import { throughPipe } from "./pipe.ts";

// This and the size of a block are part of what the compressed bytes depend on.
const dictionarySize = 32 * 1024;

/** No name, no time, no operating system: the header that Go's writer has too. */
const header = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff);
/** The empty block that ends a deflate stream; every block before it ends on a byte's border. */
const lastBlock = Uint8Array.of(3, 0);

/** How a stream is packed. */
export interface GzipOptions {
  readonly level?: number;
  /** Deflates blocks; Node's thread pool does where absent. */
  readonly deflate?: DeflateBlock;
}

/**
 * Packs a stream as one gzip member, in blocks that are deflated in parallel.
 *
 * Each block is deflated with the end of the one before as its dictionary, so hardly anything is lost to the cuts. The
 * bytes depend on the content, the level and the zlib of the runtime, and not on the number of threads or on how the
 * source is cut into chunks.
 */
export async function* gzip(source: AsyncIterable<Uint8Array>, options: GzipOptions = {}): AsyncGenerator<Uint8Array> {
  const { level = defaultGzipLevel, deflate = deflateInPool } = options;
  const most = availableParallelism() + 2;
  const inFlight: { readonly length: number; readonly deflated: Promise<DeflatedBlock> }[] = [];
  let before: Uint8Array | undefined;
  let crc = 0;
  let size = 0;
  const next = async (): Promise<Uint8Array> => {
    const { length, deflated } = inFlight.shift() as (typeof inFlight)[number];
    const { bytes, crc: ofBlock } = await deflated;
    crc = combineCrc32(crc, ofBlock, length);
    return bytes;
  };
  yield header;
  for await (const block of inBlocks(source)) {
    size += block.length;
    const deflated = deflate({ block, level, ...(before === undefined ? {} : { dictionary: before }) });
    // A copy: the block may be used for something else once it has been deflated.
    before = Buffer.from(block.subarray(-dictionarySize));
    // A consumer that stops early leaves blocks behind that nobody waits for.
    deflated.finally(() => giveBackChunk(block)).catch(() => {});
    inFlight.push({ length: block.length, deflated });
    if (inFlight.length === most) yield await next();
  }
  while (inFlight.length > 0) yield await next();
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
