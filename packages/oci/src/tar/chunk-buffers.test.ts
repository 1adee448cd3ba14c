import { describe, expect, it } from "vitest";
import { chunkSize, giveBackChunk, holdChunk, isShared, takeChunkBuffer } from "./chunk-buffers.ts";

describe("the buffers of chunks", () => {
  it("are used again once they are given back, and only then", () => {
    const [first, second] = [takeChunkBuffer(), takeChunkBuffer()];
    expect(first.buffer).not.toBe(second.buffer);
    giveBackChunk(first.subarray(0, 10));
    const again = takeChunkBuffer();
    expect(again.buffer).toBe(first.buffer);
    expect(again.length).toBe(chunkSize);
  });

  it("are handed to one taker each, however often they are given back", () => {
    const buffer = takeChunkBuffer();
    giveBackChunk(buffer);
    giveBackChunk(buffer.subarray(5));
    expect(takeChunkBuffer().buffer).toBe(buffer.buffer);
    expect(takeChunkBuffer().buffer).not.toBe(buffer.buffer);
  });

  it("are used again only when everybody has given them back who has them", () => {
    const buffer = takeChunkBuffer();
    expect(holdChunk(buffer.subarray(7))).toBe(true);
    giveBackChunk(buffer);
    expect(takeChunkBuffer().buffer).not.toBe(buffer.buffer);
    giveBackChunk(buffer);
    expect(takeChunkBuffer().buffer).toBe(buffer.buffer);
  });

  it("are in shared memory as long as few are out", () => {
    const taken = Array.from({ length: 112 }, () => takeChunkBuffer());
    const own = taken.filter((buffer) => !isShared(buffer));
    expect(own.length).toBeGreaterThanOrEqual(16);
    for (const buffer of taken) giveBackChunk(buffer);
    const again = Array.from({ length: 12 }, () => takeChunkBuffer());
    expect(again.every(isShared)).toBe(true);
  });

  it("are never the bytes of somebody else", () => {
    const foreign = Buffer.allocUnsafeSlow(chunkSize);
    expect(holdChunk(foreign)).toBe(false);
    giveBackChunk(foreign);
    expect(takeChunkBuffer().buffer).not.toBe(foreign.buffer);
  });
});
