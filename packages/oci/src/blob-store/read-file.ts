import { open } from "node:fs/promises";

const chunkSize = 1024 * 1024;

/**
 * Streams a file, or a part of one, in chunks of at most 1 MiB, the next being read while one is used.
 *
 * @param length the number of bytes; to the file's end where absent
 */
export async function* readFileChunks(
  path: string,
  offset = 0,
  length: number = Number.POSITIVE_INFINITY,
): AsyncGenerator<Uint8Array> {
  const file = await open(path, "r");
  const end = offset + length;
  const read = async (position: number): Promise<Uint8Array> => {
    const buffer = Buffer.allocUnsafeSlow(Math.max(0, Math.min(chunkSize, end - position)));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
    return buffer.subarray(0, bytesRead);
  };
  let next = read(offset);
  try {
    for (let position = offset; position < end; ) {
      const chunk = await next;
      if (chunk.length === 0) return;
      position += chunk.length;
      next = read(position);
      next.catch(() => {});
      yield chunk;
    }
  } finally {
    await next.catch(() => {});
    await file.close();
  }
}
