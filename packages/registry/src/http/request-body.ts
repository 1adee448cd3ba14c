import type { ClientRequest } from "node:http";
import { giveBackChunk } from "@strake/oci";

/** The bytes of a request; may be opened again when the request has to be made again. */
export interface RequestBody {
  open(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  /** In bytes; absent where it is known only at the end. */
  readonly length?: number;
}

/** The body of a request that is at hand. */
export function bytesBody(bytes: Uint8Array): RequestBody {
  return { open: () => [bytes], length: bytes.length };
}

/**
 * Sends the body of a request, as fast as the other side takes it.
 *
 * @param moved called whenever something has been taken
 */
export async function sendBody(outgoing: ClientRequest, body: RequestBody, moved: () => void): Promise<void> {
  let answered = false;
  outgoing.once("response", () => {
    answered = true;
  });
  for await (const chunk of body.open()) {
    if (outgoing.destroyed || answered) return;
    if (!outgoing.write(chunk, () => giveBackChunk(chunk))) await drained(outgoing);
    moved();
  }
  outgoing.end();
}

/** Waits until more can be sent, or until nothing can any more; leaves no listener behind, however often it is called. */
function drained(outgoing: ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      outgoing.off("drain", done);
      outgoing.off("close", done);
      resolve();
    };
    outgoing.on("drain", done);
    outgoing.on("close", done);
    // What was closed before says nothing any more.
    if (outgoing.closed) done();
  });
}
