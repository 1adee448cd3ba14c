import type { Entry } from "../tree/entry.ts";
import type { ReadPieces } from "../tree/file-piece.ts";
import { layOutTar, type TarOptions } from "./lay-out-tar.ts";

/** So many chunks are filled at once, or wait for their turn. */
const mostAhead = 6;

/**
 * Writes what `writeTar` writes, with the content of files read elsewhere, such as in other threads.
 *
 * The place of everything in a tar is known beforehand, so heads are written here while files are read there.
 *
 * @throws as `writeTar`, and what `readPieces` throws
 */
export async function* writeTarElsewhere(
  entries: Iterable<Entry>,
  options: TarOptions,
  readPieces: ReadPieces,
): AsyncGenerator<Uint8Array> {
  const filling: Promise<Uint8Array>[] = [];
  for (const { chunk, pieces } of layOutTar(entries, options)) {
    const filled = (pieces.length === 0 ? Promise.resolve() : readPieces(chunk, pieces)).then(() => chunk);
    // Whoever comes to it sees the error; a consumer that stops early does not.
    filled.catch(() => {});
    filling.push(filled);
    if (filling.length === mostAhead) yield await (filling.shift() as Promise<Uint8Array>);
  }
  while (filling.length > 0) yield await (filling.shift() as Promise<Uint8Array>);
}
