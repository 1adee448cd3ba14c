import { fromBinary } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { BytesMessageSchema } from "../generated/github.com/moby/buildkit/api/services/control/control_pb.ts";
import { encodeBytesFrames } from "./bytes-frames.ts";
import { decodeFrames } from "./frames.ts";

async function decode(chunks: readonly Uint8Array[]): Promise<Buffer[]> {
  async function* stream() {
    yield* encodeBytesFrames(chunks);
  }
  const found: Buffer[] = [];
  for await (const message of decodeFrames(stream())) {
    found.push(Buffer.from(fromBinary(BytesMessageSchema, message).data));
  }
  return found;
}

test("chunks that come together are one message", async () => {
  expect(await decode([Buffer.from("head "), Buffer.alloc(0), Buffer.from("content")])).toEqual([
    Buffer.from("head content"),
  ]);
  expect(await decode([Buffer.alloc(300, "x")])).toEqual([Buffer.alloc(300, "x")]);
});

test("a message is ended where it is long enough", async () => {
  const chunks = Array.from({ length: 5 }, (_, n) => Buffer.alloc(500_000, String(n)));
  const found = await decode(chunks);
  expect(found.map(({ length }) => length)).toEqual([1_500_000, 1_000_000]);
  expect(Buffer.concat(found).equals(Buffer.concat(chunks))).toBe(true);
});
