import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";

/**
 * Writes bytes to standard output, or into a device or a pipe of this machine, of which nothing takes the place.
 *
 * @param path undefined for standard output, which stays open
 */
export async function writeStream(
  bytes: AsyncIterable<Uint8Array>,
  path: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (path === undefined) await pipeline(bytes, process.stdout, { end: false, signal });
  else await pipeline(bytes, createWriteStream(path), { signal });
}
