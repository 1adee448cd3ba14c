import { openContent } from "../tree/content-reader.ts";
import type { Content, Entry } from "../tree/entry.ts";
import type { FilePiece, ReadPieces } from "../tree/file-piece.ts";
import { ChunkWriter } from "./chunk-writer.ts";
import { blockSize, paddingOf } from "./header.ts";
import { encodeExtendedHead, writePlainHead } from "./member-head.ts";
import type { TarOptions } from "./write-tar.ts";

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
  for (const { chunk, pieces } of layOut(entries, options)) {
    const filled = (pieces.length === 0 ? Promise.resolve() : readPieces(chunk, pieces)).then(() => chunk);
    // Whoever comes to it sees the error; a consumer that stops early does not.
    filled.catch(() => {});
    filling.push(filled);
    if (filling.length === mostAhead) yield await (filling.shift() as Promise<Uint8Array>);
  }
  while (filling.length > 0) yield await (filling.shift() as Promise<Uint8Array>);
}

type FileContent = Extract<Content, { from: "file" }>;

/** A chunk of the tar, and what is still to be read into it. */
interface Frame {
  readonly chunk: Uint8Array;
  readonly pieces: readonly FilePiece[];
}

function* layOut(entries: Iterable<Entry>, { epoch }: TarOptions): Generator<Frame> {
  const output = new ChunkWriter();
  let pieces: FilePiece[] = [];
  const take = (): Frame => {
    const frame = { chunk: output.take(), pieces };
    pieces = [];
    return frame;
  };
  for (const entry of entries) {
    if (output.isFull) yield take();
    if (writePlainHead(entry, epoch, output.buffer, output.at)) {
      output.at += blockSize;
    } else {
      const head = encodeExtendedHead(entry, epoch);
      for (let done = 0; done < head.length; ) {
        if (output.isFull) yield take();
        done += output.write(head, done);
      }
    }
    if (entry.type !== "file") continue;
    const { content, size } = entry;
    if (content?.from === "file") {
      let offset = 0;
      do {
        if (output.isFull) yield take();
        const length = Math.min(size - offset, output.buffer.length - output.at);
        pieces.push(pieceOf(content, size, offset, length, output.at));
        output.at += length;
        offset += length;
      } while (offset < size);
    } else {
      const reader = openContent(entry);
      try {
        for (let left = size; left > 0; ) {
          if (output.isFull) yield take();
          const length = reader.read(output.buffer, output.at, output.buffer.length);
          output.at += length;
          left -= length;
        }
      } finally {
        reader.close();
      }
    }
    output.writeZeros(paddingOf(size));
  }
  for (let block = 0; block < 2; block++) {
    if (output.isFull) yield take();
    output.writeZeros(blockSize);
  }
  yield take();
}

/** A part of a stored layer never begins at 0, where its first header is; every other file is wanted whole. */
function pieceOf(content: FileContent, size: number, offset: number, length: number, at: number): FilePiece {
  const piece = { path: content.path, offset: content.offset + offset, length, at };
  return content.offset === 0 ? { ...piece, fileSize: size } : piece;
}
