import { createServer, type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { Duplex } from "node:stream";
import { decodeFrames, encodeFrame } from "./frames.ts";
import { write } from "./grpc-client.ts";
import { GrpcError, grpcCode, trailersOfError } from "./grpc-error.ts";

/** A call that the other side makes. */
export interface ServedCall {
  /** The values of a header, in order; values that BuildKit escaped are as they were. */
  metadata(name: string): readonly string[];
  /** What the other side says, until it has said all. */
  readonly messages: AsyncIterable<Uint8Array>;
  /** Resolves when the other side is ready for more. */
  send(message: Uint8Array): Promise<void>;
  /** Sends bytes that are framed messages already. */
  sendFrames(frames: Uint8Array): Promise<void>;
  /** Aborted when the other side gives up. */
  readonly signal: AbortSignal;
}

/** Answers a call; what it throws is the call's status. */
export type Handler = (call: ServedCall) => Promise<void>;

/** Serves calls over a connection, by their paths `/package.Service/Method`. */
export function serveGrpc(connection: Duplex, handlers: ReadonlyMap<string, Handler>): { close(): void } {
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer({ settings: { initialWindowSize: 1 << 20 } });
  server.on("session", (session) => sessions.add(session));
  // A connection that breaks ends the calls on it, and they say so.
  server.on("sessionError", () => undefined);
  server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, _flags: number, raw?: string[]) => {
    void answer(stream, pairs(raw, headers), handlers);
  });
  server.emit("connection", connection);
  return {
    close() {
      for (const session of sessions) session.destroy();
      server.close();
      connection.destroy();
    },
  };
}

async function answer(
  stream: ServerHttp2Stream,
  headers: readonly (readonly [string, string])[],
  handlers: ReadonlyMap<string, Handler>,
): Promise<void> {
  const abort = new AbortController();
  stream.on("error", () => undefined);
  stream.on("close", () => abort.abort());
  let failure: unknown;
  stream.on("wantTrailers", () => stream.sendTrailers(trailersOfError(failure)));
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  const path = headers.find(([name]) => name === ":path")?.[1] ?? "";
  try {
    const handler = handlers.get(path);
    if (handler === undefined) throw new GrpcError(grpcCode.unimplemented, `${path} is not served`);
    await handler({
      metadata: (name) => valuesOf(headers, name),
      // A handler that has heard enough still has an answer to give.
      messages: decodeFrames(stream.iterator({ destroyOnReturn: false })),
      send: (message) => write(stream, encodeFrame(message)),
      sendFrames: (frames) => write(stream, frames),
      signal: abort.signal,
    });
  } catch (error) {
    failure = error;
  }
  if (!stream.destroyed) stream.end();
}

/**
 * BuildKit escapes values that are not printable ASCII, and says so in a header beside them; that in a Docker Engine
 * 20.10 sends their bytes, of which Node.js makes a character each.
 */
function valuesOf(headers: readonly (readonly [string, string])[], name: string): readonly string[] {
  const escaped = headers.some(([other]) => other === `${name}-encoded`);
  return headers
    .filter(([other]) => other === name)
    .map(([, value]) =>
      escaped ? decodeURIComponent(value.replace(/\+/g, " ")) : Buffer.from(value, "latin1").toString(),
    );
}

/** The headers as they were sent: Node.js joins values of one name, and a path may have the comma it joins with. */
function pairs(
  raw: readonly string[] | undefined,
  headers: IncomingHttpHeaders,
): readonly (readonly [string, string])[] {
  if (raw === undefined) return Object.entries(headers).map(([name, value]) => [name, String(value)]);
  const found: [string, string][] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) found.push([raw[at] as string, raw[at + 1] as string]);
  return found;
}
