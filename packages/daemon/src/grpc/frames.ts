/** The largest message that is taken, in bytes; BuildKit sends no more than 16 MiB. */
const messageLimit = 64 * 1024 * 1024;

/** Puts the length before a message, as gRPC has it: one byte of flags, four of length. */
export function encodeFrame(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(5 + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, 5);
  return frame;
}

/**
 * Takes messages out of a stream of bytes.
 *
 * @throws Error for a compressed message, which nobody asked for, one too long, and one that is cut off
 */
export async function* decodeFrames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? asBuffer(chunk) : Buffer.concat([rest, chunk]);
    let at = 0;
    while (rest.length - at >= 5) {
      const length = rest.readUInt32BE(at + 1);
      if (rest[at] !== 0) throw new Error("a compressed message, which was not asked for");
      if (length > messageLimit) throw new Error(`a message of ${length} bytes`);
      if (rest.length - at - 5 < length) break;
      yield rest.subarray(at + 5, at + 5 + length);
      at += 5 + length;
    }
    rest = rest.subarray(at);
  }
  if (rest.length > 0) throw new Error("the stream ended within a message");
}

function asBuffer(chunk: Uint8Array): Buffer {
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}
