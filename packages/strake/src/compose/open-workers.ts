import { availableParallelism } from "node:os";
import { createHashPool, type HashFiles } from "@strake/core/context";

/** What threads do for a build. */
export interface Workers {
  readonly ports: { readonly hashFiles: HashFiles };
  close(): Promise<void>;
}

/** Makes the threads of a build ready; none is started before it is needed. */
export function openWorkers(): Workers {
  // The bundle puts this module and the worker's into folders of its own making.
  const worker = new URL(import.meta.url.includes("/chunk/") ? "../worker.js" : "./worker.js", import.meta.url);
  const pool = createHashPool(worker, Math.max(1, Math.min(availableParallelism(), 8)));
  return { ports: { hashFiles: pool.hashFiles }, close: () => pool.close() };
}
