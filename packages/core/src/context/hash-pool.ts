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
  /** May be called again while an earlier call is under way; the threads take turns. No files start the threads. */
  readonly hashFiles: HashFiles;
  /** Stops the threads; what is still being hashed fails. */
  close(): Promise<void>;
}

/** A batch is small enough to even the threads out, and large enough to be worth a message. */
const batchLimit = { files: 500, bytes: 16 * 1024 * 1024 };

/** How many batches a thread has at once, so that it need not wait for a main thread that is busy. */
const mostAhead = 4;

/** A batch that waits for a thread. */
interface Job {
  readonly batch: HashBatch;
  /** Nobody waits for it any more: another batch of the same call has failed. */
  readonly abandoned: () => boolean;
  readonly resolve: (answer: HashAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Makes threads that hash files; they start when they are first needed and do not keep the process alive.
 *
 * @param worker the compiled module of `hash-worker.ts`, or one that calls `serveHashes`
 * @param size how many threads there are at most
 */
export function createHashPool(worker: URL, size: number): HashPool {
  const threads = new Map<Worker, Job[]>();
  const waiting: Job[] = [];

  function dispatch(): void {
    while (waiting.length > 0) {
      if (waiting[0]?.abandoned()) {
        waiting.shift();
        continue;
      }
      const thread = leastBusy() ?? start();
      if (thread === undefined) return;
      give(thread, waiting.shift() as Job);
    }
  }

  /** An idle thread; or, where all that may be are there, the one with the least to do. */
  function leastBusy(): Worker | undefined {
    let found: Worker | undefined;
    let least = threads.size < size ? 1 : mostAhead;
    for (const [thread, jobs] of threads) {
      if (jobs.length >= least) continue;
      found = thread;
      least = jobs.length;
    }
    return found;
  }

  function start(): Worker | undefined {
    if (threads.size >= size) return undefined;
    // The flags of the program, for loaders and evaluated text, are not for a compiled module.
    const thread = new Worker(worker, { execArgv: [] });
    const jobs: Job[] = [];
    threads.set(thread, jobs);
    const onEnd = (error: unknown): void => {
      const reason = error instanceof Error ? error : new Error("the thread that hashes files has stopped");
      for (const job of jobs.splice(0)) job.reject(reason);
      threads.delete(thread);
      dispatch();
    };
    thread.on("error", onEnd).on("exit", onEnd);
    thread.on("message", (answer: HashAnswer) => {
      // A thread answers in the order in which it was asked.
      jobs.shift()?.resolve(answer);
      // An idle thread does not keep the process alive; one at work does.
      if (jobs.length === 0) thread.unref();
      dispatch();
    });
    thread.unref();
    return thread;
  }

  function give(thread: Worker, job: Job): void {
    threads.get(thread)?.push(job);
    thread.ref();
    thread.postMessage(job.batch);
  }

  return {
    hashFiles: async (files) => {
      if (files.length === 0) while (start() !== undefined);
      const digests = new Array<Digest>(files.length);
      let failed = false;
      const answers = toBatches(files).map(async (batch) => {
        try {
          const answer = await new Promise<HashAnswer>((resolve, reject) => {
            waiting.push({ batch, abandoned: () => failed, resolve, reject });
          });
          if ("failure" in answer) throw new StrakeError(answer.failure);
          for (const [at, digest] of answer.digests.entries()) digests[answer.first + at] = digest;
        } catch (error) {
          failed = true;
          throw error;
        }
      });
      dispatch();
      await Promise.all(answers);
      return digests;
    },
    close: async () => {
      for (const job of waiting.splice(0)) job.reject(new Error("the threads that hash files have been closed"));
      await Promise.all(Array.from(threads.keys(), (thread) => thread.terminate()));
      threads.clear();
    },
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
