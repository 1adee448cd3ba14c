import { type DeflateBlock, deflateInPool, giveBackChunk, isShared, takeChunkBuffer } from "@strake/oci";
import { StrakeError } from "../strake-error.ts";
import type { ThreadAnswer, ThreadRequest } from "./thread-request.ts";
import type { Threads } from "./threads.ts";

let streams = 0;

/**
 * Deflates a stream in threads.
 *
 * Streams that are deflated together end one after another, since what comes at a stream's end, such as waiting for a
 * registry, leaves the threads without work where all streams come to it at once.
 */
export function deflateStream(threads: Threads<ThreadRequest, ThreadAnswer>): DeflateBlock {
  streams += 1;
  const turn = streams;
  return async (block) => {
    const into = takeChunkBuffer();
    if (!isShared(block.block) || !isShared(into)) {
      giveBackChunk(into);
      return deflateInPool(block);
    }
    const answer = await threads.ask({ deflate: block, into }, { turn });
    if ("failure" in answer) throw new StrakeError(answer.failure);
    if (!("deflated" in answer)) throw new Error("a thread answered something else than it was asked");
    const { crc, deflated } = answer;
    if (typeof deflated === "number") return { crc, bytes: into.subarray(0, deflated) };
    giveBackChunk(into);
    return { crc, bytes: deflated };
  };
}
