import { openContent } from "../tree/content-reader.ts";
import type { Content, Entry } from "../tree/entry.ts";
import type { FilePiece } from "../tree/file-piece.ts";
import { ChunkWriter } from "./chunk-writer.ts";
import { blockSize, paddingOf } from "./header.ts";
import { encodeExtendedHead, writePlainHead } from "./member-head.ts";

/** What a tar's bytes hang on besides its entries. */
export interface TarOptions {
  /** The latest time, in seconds since 1970: later ones become it. */
  readonly epoch?: number;
}

type FileContent = Extract<Content, { from: "file" }>;

/** A chunk of a tar, and what is still to be read into it. */
export interface Frame {
  readonly chunk: Uint8Array;
  readonly pieces: readonly FilePiece[];
}

/**
 * Writes entries as a tar but for the content of files, whose places in it are known without reading them.
 *
 * @throws OciError as `writeTar`
 */
export function* layOutTar(entries: Iterable<Entry>, { epoch }: TarOptions): Generator<Frame> {
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
  return content.offset === 0
    ? { path: content.path, offset, length, at, fileSize: size }
    : { path: content.path, offset: content.offset + offset, length, at };
}
