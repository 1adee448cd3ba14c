import { Worker } from "node:worker_threads";

/** How many requests a thread has at once, so that it need not wait for a main thread that is busy. */
const mostAhead = 4;
/** The same of those with a later turn: they take long, and another thread may be free before. */
const mostLaterAhead = 2;

/** A request that waits for a thread, or for its answer. */
interface Job<Request, Answer> {
  readonly request: Request;
  /** Nobody waits for it any more. */
  readonly isAbandoned: () => boolean;
  /** Requests with a lower number go first. */
  readonly turn: number;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** One thread, which answers in the order in which it is asked. */
interface Thread<Request, Answer> {
  readonly worker: Worker;
  readonly jobs: Job<Request, Answer>[];
}

/** Threads that answer requests; they start when they are first needed and do not keep the process alive. */
export class Threads<Request, Answer> {
  readonly #module: URL;
  readonly #size: number;
  readonly #threads = new Set<Thread<Request, Answer>>();
  readonly #waiting: Job<Request, Answer>[] = [];

  /**
   * @param module a compiled module that answers each message of its parent with one
   * @param size how many threads there are at most
   */
  constructor(module: URL, size: number) {
    this.#module = module;
    this.#size = size;
  }

  /**
   * Asks whichever thread has time first.
   *
   * @param options.turn requests with a lower number go before those that wait with a higher one; 0 where absent
   * @param options.isAbandoned tells that nobody waits for it any more
   */
  ask(
    request: Request,
    options: { readonly turn?: number; readonly isAbandoned?: () => boolean } = {},
  ): Promise<Answer> {
    const { turn = 0, isAbandoned = () => false } = options;
    return new Promise((resolve, reject) => {
      const before = this.#waiting.findLastIndex((job) => job.turn <= turn);
      this.#waiting.splice(before + 1, 0, { request, isAbandoned, turn, resolve, reject });
      this.#dispatch();
    });
  }

  /** Chooses a thread for requests that belong together, and returns how to ask it. */
  askOne(): (request: Request) => Promise<Answer> {
    const thread = this.#leastBusy(Number.POSITIVE_INFINITY) ?? this.#start();
    if (thread === undefined) throw new Error("there are no threads");
    return (request) =>
      new Promise((resolve, reject) => {
        if (this.#threads.has(thread)) give(thread, { request, isAbandoned: () => false, turn: 0, resolve, reject });
        else reject(stopped());
      });
  }

  /** Stops the threads; what has not been answered fails. */
  async close(): Promise<void> {
    for (const job of this.#waiting.splice(0)) job.reject(new Error("the threads that hash files have been closed"));
    const ending = Array.from(this.#threads, ({ worker }) => {
      // Their end has to be waited for, also where nothing else keeps the process alive.
      worker.removeAllListeners("message").ref();
      return worker.terminate();
    });
    await Promise.all(ending);
    this.#threads.clear();
  }

  #dispatch(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (next.isAbandoned()) {
        this.#waiting.shift();
        continue;
      }
      const thread = this.#leastBusy(next.turn > 0 ? mostLaterAhead : mostAhead) ?? this.#start();
      if (thread === undefined) return;
      this.#waiting.shift();
      give(thread, next);
    }
  }

  /** An idle thread; or, where all that may be are there, the one with the least to do. */
  #leastBusy(most: number): Thread<Request, Answer> | undefined {
    let found: Thread<Request, Answer> | undefined;
    let least = this.#threads.size < this.#size ? 1 : most;
    for (const thread of this.#threads) {
      if (thread.jobs.length >= least) continue;
      found = thread;
      least = thread.jobs.length;
    }
    return found;
  }

  #start(): Thread<Request, Answer> | undefined {
    if (this.#threads.size >= this.#size) return undefined;
    // The flags of the program, for loaders and evaluated text, are not for a compiled module.
    const worker = new Worker(this.#module, { execArgv: [] });
    const thread: Thread<Request, Answer> = { worker, jobs: [] };
    this.#threads.add(thread);
    const onEnd = (error: unknown): void => {
      const reason = error instanceof Error ? error : stopped();
      for (const job of thread.jobs.splice(0)) job.reject(reason);
      this.#threads.delete(thread);
      this.#dispatch();
    };
    worker.on("error", onEnd).on("exit", onEnd);
    worker.on("message", (answer: Answer) => {
      thread.jobs.shift()?.resolve(answer);
      // An idle thread does not keep the process alive; one at work does.
      if (thread.jobs.length === 0) worker.unref();
      this.#dispatch();
    });
    worker.unref();
    return thread;
  }
}

function give<Request, Answer>({ worker, jobs }: Thread<Request, Answer>, job: Job<Request, Answer>): void {
  jobs.push(job);
  worker.ref();
  worker.postMessage(job.request);
}

function stopped(): Error {
  return new Error("the thread that hashes files has stopped");
}
