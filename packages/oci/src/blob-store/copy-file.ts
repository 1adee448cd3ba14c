import { constants } from "node:fs";
import { copyFile, type FileHandle, open, stat } from "node:fs/promises";
import { FileWriter } from "./file-writer.ts";
import { pageBuffer } from "./page-buffer.ts";

/** From this many bytes on the kernel's own copy, which goes through the page cache, may be the slower one. */
const large = 16 * 1024 * 1024;

/**
 * Makes a new file of the bytes of another: shares the blocks where the file system can, else copies them in the way
 * that is fastest here.
 *
 * @throws an Error with the system's code; a part of the file may be there then
 */
export async function copyToNewFile(source: string, target: string): Promise<void> {
  const { COPYFILE_EXCL, COPYFILE_FICLONE, COPYFILE_FICLONE_FORCE } = constants;
  if ((await stat(source)).size < large) return copyFile(source, target, COPYFILE_EXCL | COPYFILE_FICLONE);
  const cloning = copyFile(source, target, COPYFILE_EXCL | COPYFILE_FICLONE_FORCE);
  if (
    await cloning.then(
      () => true,
      () => false,
    )
  )
    return;
  const writer = await FileWriter.create(target, { mayBypassCache: true });
  try {
    await copyChunks(source, writer);
    await writer.flush();
  } finally {
    await writer.close();
  }
}

/** Reads past the page cache as soon as the writer goes past it: the disk is the faster one then. */
async function copyChunks(source: string, writer: FileWriter): Promise<void> {
  const file = await open(source, "r");
  const direct = await openDirect(source);
  const free: Buffer[] = [];

  async function read(position: number): Promise<Buffer> {
    const buffer = free.pop() ?? pageBuffer();
    const readFrom = async (from: FileHandle) => (await from.read(buffer, 0, buffer.length, position)).bytesRead;
    const length =
      direct !== undefined && writer.bypassesCache
        ? await readFrom(direct).catch(() => readFrom(file))
        : await readFrom(file);
    return buffer.subarray(0, length);
  }

  try {
    let next = read(0);
    for (let position = 0; ; ) {
      const chunk = await next;
      if (chunk.length === 0) return;
      position += chunk.length;
      next = read(position);
      next.catch(() => {});
      await writer.write(chunk, () => free.push(Buffer.from(chunk.buffer)));
    }
  } finally {
    await direct?.close();
    await file.close();
  }
}

async function openDirect(path: string): Promise<FileHandle | undefined> {
  if (constants.O_DIRECT === undefined) return undefined;
  return open(path, constants.O_RDONLY | constants.O_DIRECT).catch(() => undefined);
}
