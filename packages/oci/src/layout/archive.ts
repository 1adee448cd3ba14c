import type { FileWriter } from "../blob-store/file-writer.ts";
import { OciError } from "../oci-error.ts";
import { giveBackChunk } from "../tar/chunk-buffers.ts";
import { blockSize, encodeHeader, paddingOf } from "../tar/header.ts";

/** One file of an archive that is being written. */
export interface ArchiveMember {
  /** The name, where it is known before the content has been read. */
  readonly knownName?: string;
  /** The name; once the content has been read, asking costs nothing. */
  name(): Promise<string>;
  size(): Promise<number>;
  content(): AsyncIterable<Uint8Array>;
}

/** A member whose bytes are at hand. */
export function smallMember(name: string, bytes: Uint8Array): ArchiveMember {
  async function* content(): AsyncGenerator<Uint8Array> {
    yield bytes;
  }
  return { knownName: name, name: async () => name, size: async () => bytes.length, content };
}

/** How an archive is written. */
export interface WritingOptions {
  readonly signal?: AbortSignal;
  /** Called again and again with the number of bytes handed to the file so far; it falls where some are taken back. */
  readonly progress?: (written: number) => void;
}

/**
 * Writes members into a file in one pass, without knowing names and sizes beforehand.
 *
 * A member's header is written after its content, into the room left for it. A member whose name turns out to be there
 * already is taken back. Times and owners are 0.
 */
export async function writeArchive(
  members: AsyncIterable<ArchiveMember>,
  writer: FileWriter,
  { signal, progress }: WritingOptions = {},
): Promise<void> {
  const written = new Set<string>();
  await writer.write(folderHeaders());
  for await (const member of members) {
    if (member.knownName !== undefined && written.has(member.knownName)) continue;
    const start = writer.position;
    writer.position += blockSize;
    for await (const chunk of member.content()) {
      signal?.throwIfAborted();
      await writer.write(chunk, giveBackChunk);
      progress?.(writer.position);
    }
    const size = writer.position - start - blockSize;
    const name = await member.name();
    if (written.has(name)) {
      await writer.truncate(start);
      continue;
    }
    written.add(name);
    writer.patch(fileHeader(name, size), start);
    await writer.write(new Uint8Array(paddingOf(size)));
  }
  await writer.write(new Uint8Array(2 * blockSize));
}

/** Writes members as a stream, where nothing can be taken back: every name and size is found out first. */
export async function* archiveStream(members: AsyncIterable<ArchiveMember>): AsyncGenerator<Uint8Array> {
  const written = new Set<string>();
  yield folderHeaders();
  for await (const member of members) {
    const name = await member.name();
    if (written.has(name)) continue;
    written.add(name);
    const size = await member.size();
    yield fileHeader(name, size);
    let length = 0;
    for await (const chunk of member.content()) {
      length += chunk.length;
      yield chunk;
    }
    if (length !== size) {
      throw new OciError("size-mismatch", `${name} has ${length} bytes where ${size} were announced`);
    }
    const padding = paddingOf(size);
    if (padding > 0) yield new Uint8Array(padding);
  }
  yield new Uint8Array(2 * blockSize);
}

function folderHeaders(): Uint8Array {
  return Buffer.concat([header("blobs/", 0, "5", 0o755), header("blobs/sha256/", 0, "5", 0o755)]);
}

function fileHeader(name: string, size: number): Uint8Array {
  return header(name, size, "0", 0o644);
}

function header(name: string, size: number, typeflag: string, mode: number): Buffer {
  const block = Buffer.alloc(blockSize);
  encodeHeader({ name, typeflag, mode, uid: 0, gid: 0, size, mtime: 0, linkname: "" }, block, 0);
  return block;
}
