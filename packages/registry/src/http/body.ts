import type { IncomingMessage } from "node:http";
import { chunkSize } from "@strake/oci";
import { RegistryError } from "../registry-error.ts";
import { connectionError, Silence } from "./connection-error.ts";
import { gathered } from "./gather.ts";
import { takeOverBody } from "./plain-agent.ts";
import { redactUrl } from "./redact.ts";
import type { HttpResponse } from "./response.ts";

/** What the reader of a body watches, and what its errors name. */
export interface BodyReading {
  readonly method: string;
  readonly url: URL;
  readonly signal: AbortSignal | undefined;
  /** How long the next bytes may take, in milliseconds. The time that the reader itself takes is not counted. */
  readonly idleTimeout: number;
}

/**
 * Reads the bytes of an answer as they come; many of them, in chunks of up to 1 MiB (`giveBackChunk`).
 *
 * Whoever stops reading before the end closes the connection.
 *
 * @throws RegistryError `unreachable` or `timeout`; or the signal's reason
 */
export async function* readBody(incoming: IncomingMessage, reading: BodyReading): AsyncGenerator<Uint8Array> {
  const { signal } = reading;
  const abort = () => incoming.destroy(new Error("aborted"));
  signal?.addEventListener("abort", abort, { once: true });
  try {
    let pieces: AsyncIterator<Uint8Array> | undefined;
    const next = () => {
      pieces ??= incoming[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
      return nextPiece(pieces, incoming, reading.idleTimeout);
    };
    if (Number(incoming.headers["content-length"]) >= chunkSize) {
      yield* takeOverBody(incoming, reading.idleTimeout)?.read() ?? gathered(next);
      return;
    }
    for (let piece = await next(); !piece.done; piece = await next()) yield piece.value;
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw connectionError(reading.method, reading.url, error);
  } finally {
    signal?.removeEventListener("abort", abort);
    if (!incoming.readableEnded) incoming.destroy();
  }
}

/**
 * Reads a whole document into memory.
 *
 * @param limit the most bytes that are taken
 * @throws RegistryError `invalid-response` when there are more
 */
export async function readDocument(method: string, response: HttpResponse, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.length;
    if (size > limit) {
      const where = `${method} ${redactUrl(response.url)}`;
      throw new RegistryError("invalid-response", `${where}: TOO_LARGE: the document is longer than ${limit} bytes`, {
        hint: "What the registry answers is not the kind of document that was asked for.",
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function nextPiece(
  pieces: AsyncIterator<Uint8Array>,
  incoming: IncomingMessage,
  idleTimeout: number,
): Promise<IteratorResult<Uint8Array>> {
  const silence = () => incoming.destroy(new Silence(`nothing received for ${idleTimeout / 1000} s`));
  const timer = setTimeout(silence, idleTimeout);
  try {
    return await pieces.next();
  } finally {
    clearTimeout(timer);
  }
}
