/** The length of a chunk of a tar, in bytes; a multiple of every block that a tar knows. */
export const chunkSize: number = 1024 * 1024;

/** The most buffers that are kept for another use. */
const mostKept = 8;

const free: Buffer[] = [];
const lent = new WeakSet<ArrayBufferLike>();

/** Takes a buffer for one chunk: one that was given back, or a new one. */
export function takeChunkBuffer(): Buffer {
  const used = free.pop();
  if (used !== undefined) return used;
  const buffer = Buffer.allocUnsafeSlow(chunkSize);
  lent.add(buffer.buffer);
  return buffer;
}

/**
 * Gives the buffer of a chunk back when nobody will look at the chunk again, so that the next one need not be new: the
 * kernel clears every page of a new buffer, and no processor has it at hand.
 *
 * Only for the one who received the chunk last. Nothing happens with a chunk that did not come from here, and a chunk
 * that is never given back is collected as everything is.
 */
export function giveBackChunk(chunk: Uint8Array): void {
  const { buffer } = chunk;
  if (!lent.has(buffer) || free.length >= mostKept || free.some((each) => each.buffer === buffer)) return;
  free.push(Buffer.from(buffer as ArrayBuffer));
}
