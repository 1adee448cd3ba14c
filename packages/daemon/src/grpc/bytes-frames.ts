/** From this much on, in bytes, a message is not made longer; BuildKit takes 16 MiB, other daemons 4. */
const enough = 1024 * 1024;
/** What stands before the bytes: the frame's head, the field's tag, and its length in four groups of seven bits. */
const headSize = 5 + 1 + 4;

/**
 * Puts bytes into framed messages that have them as their field 1, as BuildKit's `BytesMessage` does.
 *
 * Written by hand because all that a session sends goes through it; chunks share a message until it is 1 MiB long.
 */
export function encodeBytesFrames(chunks: readonly Uint8Array[]): Buffer[] {
  const frames: Buffer[] = [];
  let start = 0;
  let length = 0;
  for (const [at, chunk] of chunks.entries()) {
    length += chunk.length;
    if (length < enough && at < chunks.length - 1) continue;
    frames.push(encode(chunks.slice(start, at + 1), length));
    start = at + 1;
    length = 0;
  }
  return frames;
}

function encode(chunks: readonly Uint8Array[], length: number): Buffer {
  const frame = Buffer.allocUnsafe(headSize + length);
  frame[0] = 0;
  frame.writeUInt32BE(headSize - 5 + length, 1);
  frame[5] = 0x0a;
  for (let group = 0; group < 4; group++) frame[6 + group] = ((length >> (7 * group)) & 0x7f) | (group < 3 ? 0x80 : 0);
  let at = headSize;
  for (const chunk of chunks) {
    frame.set(chunk, at);
    at += chunk.length;
  }
  return frame;
}
