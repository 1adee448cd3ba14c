import { parentPort } from "node:worker_threads";
import { StrakeError } from "../strake-error.ts";
import { hashFile } from "./fingerprint.ts";
import type { HashAnswer, HashBatch } from "./hash-pool.ts";

/** Answers the batches that `createHashPool` sends to this thread; does nothing in the main thread. */
export function serveHashes(): void {
  parentPort?.on("message", ({ first, files }: HashBatch) => parentPort?.postMessage(answer(first, files)));
}

function answer(first: number, files: HashBatch["files"]): HashAnswer {
  try {
    return { first, digests: files.map(hashFile) };
  } catch (error) {
    const { code, notes } = StrakeError.is(error) ? error : { code: "unreadable-file", notes: [] };
    return { failure: { code, message: (error as Error).message, notes } };
  }
}
