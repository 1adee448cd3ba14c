import { parentPort } from "node:worker_threads";
import { createHasher, type Hasher } from "@strake/oci";
import { StrakeError } from "../strake-error.ts";
import { hashFile } from "./fingerprint.ts";
import type { HashAnswer, HashBatch, HashRequest, StreamPart } from "./hash-request.ts";

/** Answers what `createHashPool` sends to this thread; does nothing in the main thread. */
export function serveHashes(): void {
  const streams = new Map<number, Hasher>();
  parentPort?.on("message", (request: HashRequest) => {
    parentPort?.postMessage("files" in request ? hashBatch(request) : hashPart(streams, request));
  });
}

function hashBatch({ first, files }: HashBatch): HashAnswer {
  try {
    return { first, digests: files.map(hashFile) };
  } catch (error) {
    const { code, notes } = StrakeError.is(error) ? error : { code: "unreadable-file", notes: [] };
    return { failure: { code, message: (error as Error).message, notes } };
  }
}

function hashPart(streams: Map<number, Hasher>, { stream, chunk }: StreamPart): HashAnswer {
  const hasher = streams.get(stream) ?? createHasher();
  if (chunk === undefined) {
    streams.delete(stream);
    return { stream, digest: hasher.digest() };
  }
  hasher.update(chunk);
  streams.set(stream, hasher);
  return { stream };
}
