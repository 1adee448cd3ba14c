import { randomBytes } from "node:crypto";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Digest, digestParts, parseDigest } from "../digest.ts";
import { createHasher, verified } from "../hash.ts";
import { OciError } from "../oci-error.ts";
import { giveBackChunk } from "../tar/chunk-buffers.ts";
import type { BlobStore } from "./blob-store.ts";
import { FileWriter } from "./file-writer.ts";
import { readFileChunks } from "./read-file.ts";
import { explained } from "./system-error.ts";

/**
 * Keeps blobs as files, `blobs/sha256/<hex>` below a folder, as an OCI image layout does.
 *
 * Any number of processes may share a folder. A blob is written under a name that begins with a dot and renamed when it
 * is whole, so a name without one always stands for a whole, verified blob; only a process that is killed leaves a
 * dotted file behind.
 */
export class DiskBlobStore implements BlobStore {
  /** The folder that holds `blobs`. */
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  path(digest: Digest): string {
    const { algorithm, hex } = digestParts(parseDigest(digest));
    return join(this.folder, "blobs", algorithm, hex);
  }

  async has(digest: Digest): Promise<boolean> {
    return (await this.size(digest)) !== undefined;
  }

  async size(digest: Digest): Promise<number | undefined> {
    try {
      const found = await stat(this.path(digest));
      return found.isFile() ? found.size : undefined;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw explained(error, `the blob ${digest} in ${this.folder} cannot be looked up`);
    }
  }

  async *get(digest: Digest): AsyncGenerator<Uint8Array> {
    try {
      yield* readFileChunks(this.path(digest));
    } catch (error) {
      if (isMissing(error)) throw new OciError("not-found", `there is no blob ${digest} in ${this.folder}`);
      throw explained(error, `the blob ${digest} in ${this.folder} cannot be read`);
    }
  }

  /** @throws besides OciError, an Error with the system's code (`ENOSPC`, `EROFS`, `EACCES`) where it cannot write */
  async put(digest: Digest, content: AsyncIterable<Uint8Array> | Uint8Array): Promise<void> {
    const path = this.path(digest);
    if (await this.has(digest)) return;
    await this.#store(async (writer) => {
      await writer.writeAll(verified(inChunks(content), { digest }, `blob ${digest}`));
      return path;
    });
  }

  async add(content: AsyncIterable<Uint8Array> | Uint8Array): Promise<{ digest: Digest; size: number }> {
    const hasher = createHasher();
    let digest: Digest | undefined;
    await this.#store(async (writer) => {
      for await (const chunk of inChunks(content)) {
        hasher.update(chunk);
        await writer.write(chunk, giveBackChunk);
      }
      digest = hasher.digest();
      return this.path(digest);
    });
    return { digest: digest as Digest, size: hasher.size };
  }

  /** Writes a new file under a passing name, and gives it the name that `write` answers. */
  async #store(write: (writer: FileWriter) => Promise<string>): Promise<void> {
    const passing = join(this.folder, "blobs", "sha256", `.${process.pid}-${randomBytes(8).toString("hex")}.tmp`);
    try {
      const writer = await this.#create(passing);
      let path: string;
      try {
        path = await write(writer);
        await writer.flush();
      } finally {
        await writer.close();
      }
      await moveInto(passing, path);
    } catch (error) {
      await rm(passing, { force: true }).catch(() => {});
      throw explained(error, `a blob cannot be stored in ${this.folder}`);
    }
  }

  async #create(path: string): Promise<FileWriter> {
    try {
      return await FileWriter.create(path);
    } catch (error) {
      if (!isMissing(error)) throw error;
      await this.#createFolders();
      return FileWriter.create(path);
    }
  }

  async #createFolders(): Promise<void> {
    try {
      await mkdir(join(this.folder, "blobs", "sha256"), { recursive: true });
    } catch (error) {
      // A recursive mkdir of Node says ENOENT of a read-only file system; a plain one says what is wrong.
      if (isMissing(error)) await mkdir(join(this.folder, "blobs"));
      throw error;
    }
  }
}

/** Renames onto a blob's name; where somebody else was first, theirs is the same blob. */
async function moveInto(passing: string, path: string): Promise<void> {
  try {
    await rename(passing, path);
  } catch (error) {
    if (isMissing(error)) {
      await mkdir(join(path, ".."), { recursive: true });
      await rename(passing, path);
      return;
    }
    // Windows refuses to replace a file that is open.
    const present = await stat(path).then(
      (found) => found.isFile(),
      () => false,
    );
    if (!present) throw error;
    await rm(passing, { force: true });
  }
}

async function* inChunks(content: AsyncIterable<Uint8Array> | Uint8Array): AsyncGenerator<Uint8Array> {
  if (content instanceof Uint8Array) yield content;
  else yield* content;
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}
