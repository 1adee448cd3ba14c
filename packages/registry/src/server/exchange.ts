import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { createHasher, type Digest, digestParts } from "@strake/oci";
import type { Content } from "./content.ts";
import type { Fault } from "./fault.ts";
import type { RegistryServerOptions } from "./server-options.ts";

/** One request with what is needed to answer it. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly content: Content;
  readonly fault: Fault | undefined;
  readonly options: RegistryServerOptions;
}

/** Answers with an error document (distribution spec 1.1, "Error Codes"). */
export function sendError(
  { request, response }: Exchange,
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = JSON.stringify({ errors: [{ code, message, detail: null }] });
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(body)),
    ...headers,
  });
  response.end(request.method === "HEAD" ? undefined : body);
}

/** Answers with bytes, as far as the request's fault lets them through. */
export async function sendBytes(
  { request, response, fault }: Exchange,
  status: number,
  headers: Readonly<Record<string, string>>,
  bytes: Uint8Array,
): Promise<void> {
  response.writeHead(status, { "content-length": String(bytes.length), ...headers });
  if (request.method === "HEAD") {
    response.end();
  } else if (fault?.kind === "wrong-bytes") {
    response.end(withAnotherLastByte(bytes));
  } else if (fault?.kind === "cut" || fault?.kind === "stall") {
    if (fault.afterBytes >= bytes.length) return void response.end(bytes);
    const cut = () => (fault.kind === "cut" ? response.socket?.destroy() : undefined);
    response.write(bytes.subarray(0, fault.afterBytes), cut);
  } else if (fault?.kind === "slow") {
    await sendSlowly(response, bytes, fault.bytesPerSecond);
  } else {
    response.end(bytes);
  }
}

/**
 * Reads the body of a request whole.
 *
 * @param broken takes what had come when the line broke
 */
export async function readRequest(
  request: IncomingMessage,
  broken: (bytes: Uint8Array) => void = () => {},
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Uint8Array);
  } catch (error) {
    broken(Buffer.concat(chunks));
    throw error;
  }
  return Buffer.concat(chunks);
}

/** The digest of bytes, by the algorithm of the one that is expected of them. */
export function digestOf(bytes: Uint8Array, expected: Digest): Digest {
  const hasher = createHasher(digestParts(expected).algorithm);
  hasher.update(bytes);
  return hasher.digest();
}

function withAnotherLastByte(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const last = copy.length - 1;
  if (last >= 0) copy[last] = (copy[last] as number) ^ 1;
  return copy;
}

async function sendSlowly(response: ServerResponse, bytes: Uint8Array, bytesPerSecond: number): Promise<void> {
  const piece = Math.max(1, Math.ceil(bytesPerSecond / 20));
  for (let at = 0; at < bytes.length && !response.destroyed; at += piece) {
    response.write(bytes.subarray(at, at + piece));
    await sleep((piece / bytesPerSecond) * 1000);
  }
  response.end();
}
