import { type Digest, type DistantHasher, giveBackChunk, holdChunk } from "@strake/oci";
import type { ThreadAnswer, ThreadRequest } from "./thread-request.ts";

/** The most chunks that are with the thread; each is a buffer that cannot be used for something else. */
const mostHandedOver = 6;

let streams = 0;

/** Hashes a stream in a thread, which is shown the chunks where they are as far as they are in shared memory. */
export function hashStream(ask: (request: ThreadRequest) => Promise<ThreadAnswer>): DistantHasher {
  const stream = streams++;
  const handedOver: Promise<unknown>[] = [];
  return {
    update(chunk) {
      const held = holdChunk(chunk);
      const asked = ask({ stream, chunk }).finally(() => {
        if (held) giveBackChunk(chunk);
      });
      // Whoever waits next sees the error; until then it must not count as unhandled.
      asked.catch(() => {});
      handedOver.push(asked);
      return handedOver.length > mostHandedOver ? handedOver.shift()?.then(() => {}) : undefined;
    },
    async digest() {
      await Promise.all(handedOver);
      const answer = await ask({ stream });
      return (answer as { readonly digest: Digest }).digest;
    },
  };
}
