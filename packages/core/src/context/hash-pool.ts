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
  /** May be called again while an earlier call is under way; the threads take turns. */
  readonly hashFiles: HashFiles;
  /** Stops the threads; what is still being hashed fails. */
  close(): Promise<void>;
}

/** A batch is small enough to even the threads out, and large enough to be worth a message. */
const batchLimit = { files: 500, bytes: 16 * 1024 * 1024 };

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
  const threads = new Set<Worker>();
  const idle: Worker[] = [];
  const waiting: Job[] = [];

  function dispatch(): void {
    while (waiting.length > 0) {
      if (waiting[0]?.abandoned()) {
        waiting.shift();
        continue;
      }
      const thread = idle.pop() ?? (threads.size < size ? start() : undefined);
      if (thread === undefined) return;
      give(thread, waiting.shift() as Job);
    }
  }

  function start(): Worker {
    // The flags of the program, for loaders and evaluated text, are not for a compiled module.
    const thread = new Worker(worker, { execArgv: [] });
    threads.add(thread);
    return thread;
  }

  /** Gives a thread one batch; it gets the next only when it has answered. */
  function give(thread: Worker, job: Job): void {
    const onMessage = (answer: HashAnswer): void => {
      job.resolve(answer);
      settle();
      // An idle thread does not keep the process alive; one at work does.
      thread.unref();
      idle.push(thread);
      dispatch();
    };
    const onEnd = (error: unknown): void => {
      job.reject(error instanceof Error ? error : new Error("the thread that hashes files has stopped"));
      settle();
      threads.delete(thread);
      dispatch();
    };
    // One by one: Node has listeners of its own on a thread.
    const settle = (): void => {
      thread.off("message", onMessage).off("error", onEnd).off("exit", onEnd);
    };
    thread.on("message", onMessage).on("error", onEnd).on("exit", onEnd);
    thread.ref();
    thread.postMessage(job.batch);
  }

  return {
    hashFiles: async (files) => {
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
      await Promise.all(Array.from(threads, (thread) => thread.terminate()));
      threads.clear();
      idle.length = 0;
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
