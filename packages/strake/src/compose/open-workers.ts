import { availableParallelism } from "node:os";
import { createHashPool, type HashFiles } from "@strake/core/context";
import { type TarThreads, tarThreads } from "@strake/oci";

/** What threads do for a build. */
export interface Workers {
  readonly ports: { readonly hashFiles: HashFiles; readonly openTar: TarThreads["open"] };
  close(): Promise<void>;
}

/** Makes the threads of a build ready; none is started before it is needed. */
export function openWorkers(): Workers {
  // The bundle puts every module of the command line beside the worker's.
  const worker = new URL("./worker.js", import.meta.url);
  // The main thread waits while files are hashed; more than four are waiting for the disk.
  const pool = createHashPool(worker, Math.min(availableParallelism(), 4));
  const tars = tarThreads(worker, 2);
  return {
    ports: { hashFiles: pool.hashFiles, openTar: tars.open },
    close: async () => {
      await Promise.all([pool.close(), tars.close()]);
    },
  };
}
