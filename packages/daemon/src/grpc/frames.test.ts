import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeFrames, encodeFrame } from "./frames.ts";

async function decode(...chunks: Uint8Array[]): Promise<Uint8Array[]> {
  async function* stream() {
    yield* chunks;
  }
  const messages: Uint8Array[] = [];
  for await (const message of decodeFrames(stream())) messages.push(message);
  return messages;
}

test("messages come back, wherever the stream is cut", async () => {
  const bytes = fc.uint8Array({ maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(fc.array(bytes, { maxLength: 6 }), fc.array(fc.nat(300)), async (messages, cuts) => {
      const stream = Buffer.concat(messages.map(encodeFrame));
      const edges = [0, ...cuts.filter((cut) => cut < stream.length).sort((a, b) => a - b), stream.length];
      const chunks = edges.slice(1).map((edge, at) => stream.subarray(edges[at], edge));
      expect((await decode(...chunks)).map((message) => [...message])).toEqual(messages.map((message) => [...message]));
    }),
  );
});

test("a stream that ends within a message, or that is compressed, is an error", async () => {
  const frame = encodeFrame(Buffer.from("hello"));
  await expect(decode(frame.subarray(0, 7))).rejects.toThrow("ended within a message");
  frame[0] = 1;
  await expect(decode(frame)).rejects.toThrow("compressed");
});
