import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  createHasher,
  type Descriptor,
  digestParts,
  explained,
  FileWriter,
  type FileWriterOptions,
  giveBackChunk,
  OciError,
  readFileChunks,
} from "@strake/oci";
import { isAlive, processName } from "../kernel/process-name.ts";
import { makeFolder } from "./make-folder.ts";
import type { Store } from "./store.ts";

/** A blob that is fetched, and where its bytes come from. */
export interface FetchedBlob extends Pick<Descriptor, "digest" | "size"> {
  /** The bytes from a position on; whoever reads them from the beginning to the end has verified bytes. */
  open(start: number): AsyncIterable<Uint8Array>;
  /** Told when part of the blob is there from before. */
  readonly resumed?: (start: number) => void;
}

/** Below the store: blobs of which only the beginning has come, by their digests. */
export const partialFolder = "partial";

/** Who reads the blob soon may find it in the page cache, unless the cache is what holds everything up. */
const manner: FileWriterOptions = { mayBypassCache: true };

/**
 * Fetches a blob into the store, going on where an earlier attempt was cut, in this process or another.
 *
 * What is there of a blob belongs to whoever has renamed it to a name of its own, so two that fetch the same blob do not
 * disturb each other: the second begins anew. What a killed process had is taken over. Nothing is believed before all
 * of it has been verified.
 *
 * @returns false where the store has the blob already
 * @throws OciError `digest-mismatch` or `size-mismatch`, and what `open` throws; what has come by then is kept
 */
export async function fetchBlob(store: Store, blob: FetchedBlob): Promise<boolean> {
  if (await store.blobs.has(blob.digest)) {
    store.touchBlob(blob.digest);
    return false;
  }
  makeFolder(join(store.folder, partialFolder));
  const own = `${partialPath(store, blob)}.${processName()}-${randomBytes(6).toString("hex")}`;
  const start = claim(store, blob, own);
  if (start > 0) blob.resumed?.(start);
  if (!(await complete(own, blob, start, partialPath(store, blob)))) {
    // What was kept was not the beginning of it.
    await complete(own, blob, 0, partialPath(store, blob));
  }
  const path = store.blobs.path(blob.digest);
  mkdirSync(dirname(path), { recursive: true });
  renameSync(own, path);
  return true;
}

/**
 * Brings a file to its end, and verifies what the source cannot.
 *
 * @returns false where it is not the blob and what was there before may be to blame
 */
async function complete(own: string, blob: FetchedBlob, start: number, kept: string): Promise<boolean> {
  const hasher = createHasher(digestParts(blob.digest).algorithm);
  if (start > 0) for await (const chunk of readFileChunks(own)) hasher.update(chunk);
  const writer = await (start > 0 ? FileWriter.resume(own, start, manner) : FileWriter.create(own, manner));
  try {
    try {
      if (start === 0 || start < blob.size) {
        for await (const chunk of blob.open(start)) {
          if (start > 0) hasher.update(chunk);
          if (writer.position + chunk.length > blob.size) throw whatIsWrong(blob, writer.position + chunk.length, "");
          await writer.write(chunk, giveBackChunk);
        }
      }
      await writer.flush();
    } finally {
      await writer.close();
    }
    const wrong = whatIsWrong(blob, writer.position, start > 0 ? hasher.digest() : blob.digest);
    if (wrong !== undefined) throw wrong;
    return true;
  } catch (error) {
    if (!isWrong(error)) {
      keepPart(own, kept, error);
      throw explained(error, `a blob cannot be stored in ${dirname(kept)}`);
    }
    rmSync(own, { force: true });
    if (start === 0) throw error;
    return false;
  }
}

function whatIsWrong({ digest, size }: FetchedBlob, foundSize: number, found: string): OciError | undefined {
  if (foundSize !== size) {
    const problem = foundSize > size ? "is longer than" : `has ${foundSize} of`;
    return new OciError("size-mismatch", `the blob ${digest} ${problem} the ${size} bytes its descriptor says`);
  }
  if (found === digest) return undefined;
  return new OciError("digest-mismatch", `the blob has digest ${found}, expected ${digest}`);
}

function isWrong(error: unknown): boolean {
  return ["size-mismatch", "digest-mismatch"].includes((error as { code?: string } | undefined)?.code ?? "");
}

/** Makes what somebody else left of a blob one's own; there can be only one who does. */
function claim(store: Store, blob: FetchedBlob, own: string): number {
  const kept = partialPath(store, blob);
  const folder = dirname(kept);
  const name = kept.slice(folder.length + 1);
  const left = readdirSync(folder).filter((file) => {
    return file === name || (file.startsWith(`${name}.`) && !isAlive(file.slice(name.length + 1)));
  });
  // The longest is worth most; the others are of no use any more.
  const bySize = left
    .map((file) => ({ path: join(folder, file), size: sizeOf(join(folder, file)) }))
    .sort((one, other) => other.size - one.size);
  let start = 0;
  for (const { path, size } of bySize) {
    if (start > 0 || size === 0 || size > blob.size) {
      rmSync(path, { force: true });
      continue;
    }
    try {
      renameSync(path, own);
      start = sizeOf(own);
    } catch (error) {
      // Another process was sooner.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  return start;
}

/** Leaves what has come to whoever fetches the blob next; on a full disk it is only in the way. */
function keepPart(own: string, kept: string, error: unknown): void {
  const full = ["ENOSPC", "EDQUOT"].includes((error as NodeJS.ErrnoException | undefined)?.code ?? "");
  if (full || sizeOf(own) <= sizeOf(kept)) rmSync(own, { force: true });
  else renameSync(own, kept);
}

function partialPath(store: Store, { digest }: FetchedBlob): string {
  const { algorithm, hex } = digestParts(digest);
  return join(store.folder, partialFolder, `${algorithm}-${hex}`);
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
