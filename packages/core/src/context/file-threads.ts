import { type DeflateBlock, type Digest, type DistantHasher, isShared, type ReadPieces, readPieces } from "@strake/oci";
import { StrakeError } from "../strake-error.ts";
import { deflateStream } from "./deflate-stream.ts";
import type { FileToHash, HashFiles } from "./fingerprint.ts";
import { hashStream } from "./hash-stream.ts";
import type { ListDirectories } from "./list-ahead.ts";
import type { HashBatch, ThreadAnswer, ThreadRequest } from "./thread-request.ts";
import { Threads } from "./threads.ts";

/** Threads that hash and read. */
export interface FileThreads {
  /** May be called again while an earlier call is under way; the threads take turns. */
  readonly hashFiles: HashFiles;
  /** Lists directories, before whatever else waits for the threads. */
  readonly listDirectories: ListDirectories;
  /** Begins to hash a stream, in one of the threads. */
  readonly hashStream: () => DistantHasher;
  /** Reads pieces of files into a buffer; into one that threads cannot be shown, here. */
  readonly readPieces: ReadPieces;
  /**
   * Begins to deflate a stream, each block in whichever thread has time; one that threads cannot be shown, in Node's
   * thread pool. Blocks of the stream that was begun first go first.
   */
  readonly deflateStream: () => DeflateBlock;
  /** Stops the threads; what is still being hashed fails. */
  close(): Promise<void>;
}

/** How much is asked for at once: a batch is small enough to even the threads out, and large enough to be worth a message. */
export const batchLimit: { readonly files: number; readonly bytes: number } = { files: 500, bytes: 16 * 1024 * 1024 };

/**
 * Makes threads that hash files and streams; they start when they are first needed and do not keep the process alive.
 *
 * @param worker the compiled module of `file-thread.ts`, or one that calls `serveFileThread`
 * @param size how many threads there are at most
 */
export function createFileThreads(worker: URL, size: number): FileThreads {
  const threads = new Threads<ThreadRequest, ThreadAnswer>(worker, size);
  return {
    hashFiles: async (files) => {
      const digests = new Array<Digest>(files.length);
      let failed = false;
      const answers = toBatches(files).map(async (batch) => {
        try {
          const answer = await threads.ask(batch, { isAbandoned: () => failed });
          if ("failure" in answer) throw new StrakeError(answer.failure);
          if (!("digests" in answer)) throw new Error("a thread answered something else than it was asked");
          for (const [at, digest] of answer.digests.entries()) digests[answer.first + at] = digest;
        } catch (error) {
          failed = true;
          throw error;
        }
      });
      await Promise.all(answers);
      return digests;
    },
    listDirectories: async (directories) => {
      const answer = await threads.ask({ directories }, { turn: -1 });
      if (!("listings" in answer)) throw new Error("a thread answered something else than it was asked");
      return answer.listings;
    },
    hashStream: () => hashStream(threads.askOne()),
    readPieces: async (buffer, pieces) => {
      if (!isShared(buffer)) return readPieces(buffer, pieces);
      const answer = await threads.ask({ buffer, pieces });
      if ("failure" in answer) throw new StrakeError(answer.failure);
      if (!("times" in answer)) throw new Error("a thread answered something else than it was asked");
      return answer.times;
    },
    deflateStream: () => deflateStream(threads),
    close: () => threads.close(),
  };
}

/** The heaviest batches come first, so that none of them is started last; a large file is a batch by itself. */
function toBatches(files: readonly FileToHash[]): HashBatch[] {
  const batches: { readonly batch: HashBatch; readonly bytes: number }[] = [];
  let first = 0;
  let bytes = 0;
  for (let at = 0; at <= files.length; at++) {
    const size = files[at]?.size ?? 0;
    if (at === files.length || at - first >= batchLimit.files || bytes + size > batchLimit.bytes) {
      if (at > first) batches.push({ batch: { first, files: files.slice(first, at) }, bytes });
      first = at;
      bytes = 0;
    }
    bytes += size;
  }
  return batches.sort((left, right) => right.bytes - left.bytes).map(({ batch }) => batch);
}
