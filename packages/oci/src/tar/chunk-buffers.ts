/** The length of a chunk of a tar, in bytes; a multiple of every block that a tar knows. */
export const chunkSize: number = 1024 * 1024;

/** The most buffers of this thread alone that are kept for another use. */
const mostKept = 8;
/** The most buffers in shared memory: they are collected late, so one that is never given back is not replaced. */
const mostShared = 96;

const free: Buffer[] = [];
let shared = 0;
/** How many have a buffer; nobody has one that is free. */
const holders = new WeakMap<ArrayBufferLike, number>();

/** Takes a buffer for one chunk: one that was given back, or a new one; in shared memory as long as there are few. */
export function takeChunkBuffer(): Buffer {
  const buffer = free.pop() ?? newBuffer();
  holders.set(buffer.buffer, 1);
  return buffer;
}

/** Whether other threads can be shown a chunk where it is. */
export function isShared(chunk: Uint8Array): boolean {
  return chunk.buffer instanceof SharedArrayBuffer;
}

/**
 * Keeps the buffer of a chunk from being used again until it has been given back once more.
 *
 * @returns whether the chunk is in such a buffer; others belong to somebody else
 */
export function holdChunk(chunk: Uint8Array): boolean {
  const count = holders.get(chunk.buffer);
  if (count === undefined) return false;
  holders.set(chunk.buffer, count + 1);
  return true;
}

/**
 * Gives the buffer of a chunk back when one who had it will not look at the chunk again, so that the next chunk need
 * not have a new one: the kernel clears every page of a new buffer, and no processor has it at hand.
 *
 * Only for the one who received the chunk last, or who holds it. Nothing happens with a chunk that did not come from
 * here, and a chunk that is never given back is collected as everything is.
 */
export function giveBackChunk(chunk: Uint8Array): void {
  const { buffer } = chunk;
  const count = holders.get(buffer);
  if (count === undefined) return;
  if (count > 1) {
    holders.set(buffer, count - 1);
    return;
  }
  holders.delete(buffer);
  // Those in shared memory are taken first, and all of them are kept.
  if (isShared(chunk)) free.push(Buffer.from(buffer as SharedArrayBuffer));
  else if (free.length < mostKept) free.unshift(Buffer.from(buffer as ArrayBuffer));
}

function newBuffer(): Buffer {
  if (shared === mostShared) return Buffer.allocUnsafeSlow(chunkSize);
  shared++;
  return Buffer.from(new SharedArrayBuffer(chunkSize));
}
