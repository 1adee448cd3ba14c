import { type BlobStore, type Digest, isDigest } from "@strake/oci";
import {
  Content,
  ReadContentRequest,
  ReadContentResponse,
  WriteAction,
  WriteContentRequest,
  WriteContentResponse,
} from "../generated/github.com/containerd/containerd/api/services/content/v1/content_fields.ts";
import type * as pb from "../generated/github.com/containerd/containerd/api/services/content/v1/content_pb.ts";
import { GrpcError, grpcCode } from "../grpc/grpc-error.ts";
import type { ServedCall } from "../grpc/grpc-server.ts";
import { decode, encode } from "../protobuf/message.ts";
import type { Services } from "./services.ts";
import { unary } from "./unary.ts";

/** Serves blob stores to the daemon by their names: bases that only this side has, and the place an image goes to. */
export function contentService(stores: ReadonlyMap<string, BlobStore>): Services {
  const storeOf = (call: ServedCall) => {
    const name = call.metadata("buildkit-attachable-store-id")[0] ?? "";
    const store = stores.get(name);
    if (store === undefined) throw new GrpcError(grpcCode.notFound, `there is no store "${name}"`);
    return store;
  };
  return new Map([
    unary(Content.info, async ({ digest }, call) => {
      const size = await storeOf(call).size(known(digest));
      if (size === undefined) throw new GrpcError(grpcCode.notFound, `content ${digest}: not found`);
      const time = { seconds: 0n, nanos: 0 };
      return { info: { digest, size: BigInt(size), createdAt: time, updatedAt: time } };
    }),
    unary(Content.update, ({ info }) => (info === undefined ? {} : { info })),
    unary(Content.status, ({ ref }) => {
      throw new GrpcError(grpcCode.notFound, `no ingest ${ref}: not found`);
    }),
    unary(Content.listStatuses, () => ({})),
    unary(Content.abort, () => ({})),
    [Content.read.path, (call: ServedCall) => read(call, storeOf(call))],
    [Content.write.path, (call: ServedCall) => writeBlob(call, storeOf(call))],
  ]);
}

function known(digest: string): Digest {
  if (isDigest(digest)) return digest;
  throw new GrpcError(grpcCode.invalidArgument, `"${digest}" is not a digest`);
}

async function read(call: ServedCall, store: BlobStore): Promise<void> {
  for await (const bytes of call.messages) {
    const request = decode(ReadContentRequest, bytes);
    const digest = known(request.digest);
    if (!(await store.has(digest))) throw new GrpcError(grpcCode.notFound, `content ${digest}: not found`);
    const start = Number(request.offset);
    const end = request.size === 0n ? Number.POSITIVE_INFINITY : start + Number(request.size);
    let at = 0;
    for await (const chunk of store.get(digest)) {
      const from = Math.max(0, start - at);
      const data = chunk.subarray(from, Math.max(from, Math.min(chunk.length, end - at)));
      const message = { offset: BigInt(at + from), data };
      at += chunk.length;
      if (data.length > 0) await call.send(encode(ReadContentResponse, message));
      if (at >= end) break;
    }
    return;
  }
}

/** Takes one blob, in the steps of containerd's protocol: how far it is, its bytes, and that it is whole. */
async function writeBlob(call: ServedCall, store: BlobStore): Promise<void> {
  const chunks = new ChunkQueue();
  let stored: Promise<{ digest: Digest; size: number }> | undefined;
  let offset = 0;
  const reply = (action: pb.WriteAction, more: Partial<Pick<pb.WriteContentResponse, "digest">> = {}) => {
    return call.send(encode(WriteContentResponse, { action, offset: BigInt(offset), ...more }));
  };
  try {
    for await (const bytes of call.messages) {
      const request = decode(WriteContentRequest, bytes);
      if (request.expected !== "" && offset === 0 && (await store.has(known(request.expected)))) {
        throw new GrpcError(grpcCode.alreadyExists, `content ${request.expected}: already exists`);
      }
      if (request.data.length > 0) {
        stored ??= store.add(chunks);
        await Promise.race([chunks.push(request.data), stored]);
        offset += request.data.length;
      }
      if (request.action === WriteAction.COMMIT) {
        stored ??= store.add(chunks);
        chunks.end();
        const { digest } = await stored;
        if (request.expected !== "" && digest !== request.expected) {
          throw new GrpcError(grpcCode.invalidArgument, `the content is ${digest}, not ${request.expected}`);
        }
        return await reply(WriteAction.COMMIT, { digest });
      }
      await reply(request.action);
    }
  } finally {
    chunks.fail(new Error("the upload was given up"));
    await stored?.catch(() => undefined);
  }
}

/** Hands chunks from one who pushes to one who reads, one at a time. */
class ChunkQueue implements AsyncIterable<Uint8Array> {
  #chunk: Uint8Array | undefined;
  #ended = false;
  #error: Error | undefined;
  #wake: (() => void) | undefined;
  #taken: (() => void) | undefined;

  push(chunk: Uint8Array): Promise<void> {
    this.#chunk = chunk;
    this.#wake?.();
    return new Promise((resolve) => {
      this.#taken = resolve;
    });
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  fail(error: Error): void {
    if (!this.#ended) this.#error = error;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (;;) {
      if (this.#error !== undefined) throw this.#error;
      if (this.#chunk !== undefined) {
        const chunk = this.#chunk;
        this.#chunk = undefined;
        yield chunk;
        this.#taken?.();
        continue;
      }
      if (this.#ended) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
