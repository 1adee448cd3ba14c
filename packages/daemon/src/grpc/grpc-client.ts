import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from "node:http2";
import { constants } from "node:http2";
import type { Message } from "@bufbuild/protobuf";
import type { Method } from "../protobuf/fields.ts";
import { decode, encode, type Init } from "../protobuf/message.ts";
import { decodeFrames, encodeFrame } from "./frames.ts";
import { errorOfTrailers, GrpcError, grpcCode } from "./grpc-error.ts";

/** What goes with a call. */
export interface CallOptions {
  readonly metadata?: Readonly<Record<string, string | readonly string[]>>;
  readonly signal?: AbortSignal | undefined;
}

/** A call that goes on in both directions. */
export interface GrpcCall {
  /** Resolves when the other side is ready for more. */
  send(message: Uint8Array): Promise<void>;
  /** Sends bytes that are framed messages already. */
  sendFrames(frames: Uint8Array): Promise<void>;
  /** Says that nothing more is sent. */
  end(): void;
  /** Ends the call at once, on both sides. */
  cancel(): void;
  /** What the other side says; ends with a GrpcError where the call failed. */
  readonly messages: AsyncIterable<Uint8Array>;
}

/** Calls over one HTTP/2 connection. */
export class GrpcClient {
  readonly #session: ClientHttp2Session;
  readonly #authority: string;

  constructor(session: ClientHttp2Session, authority: string) {
    this.#session = session;
    this.#authority = authority;
  }

  /** @throws GrpcError */
  async unary<I extends Message, O extends Message>(
    method: Method<I, O>,
    request: Init<NoInfer<I>>,
    options: CallOptions = {},
  ): Promise<O> {
    let found: O | undefined;
    // To the call's end, which says whether it succeeded; to cancel it before takes longer.
    for await (const answer of this.stream(method, request, options)) found ??= answer;
    if (found === undefined) throw new GrpcError(grpcCode.internal, `${method.path} gave no answer`);
    return found;
  }

  /** @throws GrpcError while it is read */
  async *stream<I extends Message, O extends Message>(
    method: Method<I, O>,
    request: Init<NoInfer<I>>,
    options: CallOptions = {},
  ): AsyncGenerator<O> {
    const call = this.open(method.path, options);
    // A failure to send ends the answer too, and is told there.
    call.send(encode(method.input, request)).catch(() => undefined);
    call.end();
    let hasEnded = false;
    try {
      for await (const answer of call.messages) yield decode(method.output, answer);
      hasEnded = true;
    } finally {
      // To reset a stream that is just ending leaves Node 20's HTTP/2 with damaged memory now and then.
      if (!hasEnded) call.cancel();
    }
  }

  /** Opens a call by its path, `/package.Service/Method`. */
  open(path: string, { metadata = {}, signal }: CallOptions = {}): GrpcCall {
    if (this.#session.destroyed || this.#session.closed) {
      throw new GrpcError(grpcCode.unavailable, "the connection is closed");
    }
    const stream = this.#session.request({
      ...(metadata as Record<string, string | string[]>),
      ":method": "POST",
      ":path": path,
      ":authority": this.#authority,
      "content-type": "application/grpc",
      te: "trailers",
      "user-agent": "strake",
    });
    const cancel = () => stream.close(constants.NGHTTP2_CANCEL);
    if (signal?.aborted) cancel();
    signal?.addEventListener("abort", cancel, { once: true });
    stream.on("close", () => signal?.removeEventListener("abort", cancel));
    const outcome = watch(stream);
    return {
      send: (message) => write(stream, encodeFrame(message)),
      sendFrames: (frames) => write(stream, frames),
      end: () => stream.end(),
      cancel,
      messages: messagesOf(stream, outcome, signal),
    };
  }
}

/** Resolves when there is room for more; a stream that has ended takes nothing. */
export function write(
  stream: NodeJS.WritableStream & { readonly destroyed?: boolean },
  bytes: Uint8Array,
): Promise<void> {
  if (stream.destroyed) return Promise.reject(new GrpcError(grpcCode.cancelled, "the call has ended"));
  if (stream.write(bytes)) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const settle = (error?: Error) => {
      stream.off("drain", drained).off("close", closed).off("error", settle);
      if (error === undefined) resolve();
      else reject(error);
    };
    const drained = () => settle();
    const closed = () => settle(new GrpcError(grpcCode.cancelled, "the call has ended"));
    stream.on("drain", drained).on("close", closed).on("error", settle);
  });
}

interface Outcome {
  headers?: IncomingHttpHeaders & { readonly ":status"?: number | undefined };
  trailers?: Readonly<Record<string, unknown>>;
  error?: Error;
}

function watch(stream: ClientHttp2Stream): Outcome {
  const outcome: Outcome = {};
  stream.on("response", (headers) => {
    outcome.headers = headers;
  });
  stream.on("trailers", (trailers) => {
    outcome.trailers = trailers;
  });
  stream.on("error", (error) => {
    outcome.error = error;
  });
  return outcome;
}

async function* messagesOf(
  stream: ClientHttp2Stream,
  outcome: Outcome,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    yield* decodeFrames(stream);
  } catch (cause) {
    throwIfAborted(signal);
    // Trailers that came before the stream broke say more than the break.
    if (outcome.trailers === undefined) {
      throw new GrpcError(grpcCode.unavailable, `the connection broke: ${(cause as Error).message}`, [], cause);
    }
  }
  throwIfAborted(signal);
  const { headers } = outcome;
  if (headers !== undefined && headers[":status"] !== 200) {
    throw new GrpcError(grpcCode.unimplemented, `the answer has the HTTP status ${headers[":status"]}`);
  }
  const trailers = outcome.trailers ?? (headers?.["grpc-status"] === undefined ? undefined : headers);
  if (trailers === undefined) throw new GrpcError(grpcCode.unavailable, "the connection was closed within the call");
  const error = errorOfTrailers(trailers);
  if (error !== undefined) throw error;
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw signal.reason;
}
