import { parentPort } from "node:worker_threads";
import { createHasher, deflateHere, type Hasher, OciError, readPieces } from "@strake/oci";
import { StrakeError } from "../strake-error.ts";
import { type DirectoryListing, listDirectory } from "./directory-listing.ts";
import { hashFile } from "./fingerprint.ts";
import type { DeflateRequest, StreamPart, ThreadAnswer, ThreadRequest } from "./thread-request.ts";

/** Answers what `createFileThreads` sends to this thread; does nothing in the main thread. */
export function serveFileThread(): void {
  const streams = new Map<number, Hasher>();
  parentPort?.on("message", (request: ThreadRequest) => {
    parentPort?.postMessage(answer(streams, request));
  });
}

function answer(streams: Map<number, Hasher>, request: ThreadRequest): ThreadAnswer {
  try {
    if ("files" in request) return { first: request.first, digests: request.files.map(hashFile) };
    if ("stream" in request) return hashPart(streams, request);
    if ("deflate" in request) return deflateInto(request);
    if ("directories" in request) return { listings: request.directories.map(listIfReadable) };
    return { times: readPieces(request.buffer, request.pieces) };
  } catch (error) {
    const code = StrakeError.is(error) || OciError.is(error) ? error.code : "unreadable-file";
    const notes = StrakeError.is(error) ? error.notes : [];
    return { failure: { code, message: (error as Error).message, notes } };
  }
}

function listIfReadable(host: string): DirectoryListing | undefined {
  try {
    return listDirectory(host);
  } catch {
    return undefined;
  }
}

function deflateInto({ deflate, into }: DeflateRequest): ThreadAnswer {
  const { bytes, crc } = deflateHere(deflate);
  if (bytes.length > into.length) return { crc, deflated: bytes };
  into.set(bytes);
  return { crc, deflated: bytes.length };
}

function hashPart(streams: Map<number, Hasher>, { stream, chunk }: StreamPart): ThreadAnswer {
  const hasher = streams.get(stream) ?? createHasher();
  if (chunk === undefined) {
    streams.delete(stream);
    return { stream, digest: hasher.digest() };
  }
  hasher.update(chunk);
  streams.set(stream, hasher);
  return { stream };
}
