import { availableParallelism } from "node:os";
import { createFileThreads, type FileThreads } from "@strake/core/context";

/** What threads do for a build. */
export interface Workers {
  readonly ports: Pick<FileThreads, "hashFiles" | "listDirectories" | "hashStream" | "readPieces" | "deflateStream">;
  close(): Promise<void>;
}

/** Makes the threads of a build ready; none is started before it is needed. */
export function openWorkers(): Workers {
  // The bundle puts every module of the command line beside the worker's.
  const worker = new URL("./worker.js", import.meta.url);
  // The main thread waits while files are hashed; more than four are waiting for the disk.
  const pool = createFileThreads(worker, Math.min(availableParallelism(), 4));
  const { hashFiles, listDirectories, hashStream, readPieces, deflateStream } = pool;
  return { ports: { hashFiles, listDirectories, hashStream, readPieces, deflateStream }, close: () => pool.close() };
}
