import { Worker } from "node:worker_threads";
import type { Digest } from "@strake/oci";
import { StrakeError } from "../strake-error.ts";
import type { FileToHash, HashFiles } from "./fingerprint.ts";

/** What a worker is asked and answers; see `hash-worker.ts`. */
export interface HashBatch {
  readonly first: number;
  readonly files: readonly FileToHash[];
}

export type HashAnswer =
  | { readonly first: number; readonly digests: readonly Digest[] }
  | { readonly failure: { readonly code: string; readonly message: string; readonly notes: readonly string[] } };

/** Threads that hash files. */
export interface HashPool {
  readonly hashFiles: HashFiles;
  close(): Promise<void>;
}

/** A batch is small enough to even the threads out, and large enough to be worth a message. */
const batchLimit = { files: 500, bytes: 16 * 1024 * 1024 };

/**
 * Makes threads that hash files; they start when they are first needed and do not keep the process alive.
 *
 * @param worker the compiled module of `hash-worker.ts`
 */
export function createHashPool(worker: URL, size: number): HashPool {
  let workers: readonly Worker[] = [];
  return {
    hashFiles: async (files) => {
      if (workers.length === 0) workers = Array.from({ length: size }, () => startWorker(worker));
      const queue = toBatches(files);
      const digests = new Array<Digest>(files.length);
      await Promise.all(workers.map((thread) => drain(thread, queue, digests)));
      return digests;
    },
    close: async () => {
      await Promise.all(workers.map((thread) => thread.terminate()));
      workers = [];
    },
  };
}

function startWorker(url: URL): Worker {
  const worker = new Worker(url);
  worker.unref();
  return worker;
}

/** Large files stand at the front, each alone, so that none of them is started last. */
function toBatches(files: readonly FileToHash[]): HashBatch[] {
  const batches: HashBatch[] = [];
  let first = 0;
  let bytes = 0;
  for (let at = 0; at <= files.length; at++) {
    const size = files[at]?.size ?? 0;
    if (at === files.length || at - first >= batchLimit.files || bytes + size > batchLimit.bytes) {
      if (at > first) batches.push({ first, files: files.slice(first, at) });
      first = at;
      bytes = 0;
    }
    bytes += size;
  }
  const weight = (batch: HashBatch) => batch.files.reduce((sum, file) => sum + file.size, 0);
  return batches.sort((left, right) => weight(right) - weight(left));
}

async function drain(worker: Worker, queue: HashBatch[], digests: Digest[]): Promise<void> {
  for (let batch = queue.shift(); batch !== undefined; batch = queue.shift()) {
    const answer = await ask(worker, batch);
    if ("failure" in answer) throw new StrakeError(answer.failure);
    answer.digests.forEach((digest, at) => {
      digests[answer.first + at] = digest;
    });
  }
}

function ask(worker: Worker, batch: HashBatch): Promise<HashAnswer> {
  return new Promise((resolve, reject) => {
    // A thread at work keeps the process alive; an idle one does not.
    worker.ref();
    const settle = () => {
      worker.unref();
      worker.removeAllListeners();
    };
    worker.once("message", (answer: HashAnswer) => {
      settle();
      resolve(answer);
    });
    worker.once("error", (error) => {
      settle();
      reject(error);
    });
    worker.postMessage(batch);
  });
}
