import { createHash, randomBytes } from "node:crypto";
import { deflateSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { gunzip, gzip } from "./gzip.ts";
import { isNoise } from "./is-noise.ts";

const text = Array.from({ length: 60_000 }, (_, at) => createHash("sha1").update(`${at}`).digest("base64")).join("\n");

describe("noise", () => {
  test("is what is random or packed", () => {
    for (let count = 0; count < 50; count++) expect(isNoise(randomBytes(1024 * 1024 - count))).toBe(true);
    expect(isNoise(gzipSync(text))).toBe(true);
    expect(isNoise(deflateSync(text, { level: 1 }))).toBe(true);
  });

  test("is not what can be packed", () => {
    const numbers = new Uint32Array(256 * 1024).map((_, at) => at * 77);
    const floats = new Float32Array(256 * 1024).map((_, at) => Math.sin(at));
    const half = Buffer.concat([randomBytes(512 * 1024), Buffer.alloc(512 * 1024, "text ")]);
    const turns = Buffer.concat(Array.from({ length: 256 }, () => [randomBytes(2048), Buffer.alloc(2048, 32)]).flat());
    for (const bytes of [Buffer.from(text), Buffer.from(numbers.buffer), Buffer.from(floats.buffer), half, turns]) {
      expect(isNoise(bytes)).toBe(false);
    }
  });

  test("is not told of what is too short to tell", () => {
    expect(isNoise(randomBytes(1000))).toBe(false);
    expect(isNoise(new Uint8Array())).toBe(false);
  });
});

test("noise beside text is packed and comes back as it was, hardly longer than it is", async () => {
  const blocks = [randomBytes(3 * 1024 * 1024), Buffer.from(text), randomBytes(700_000), Buffer.from(text)];
  async function* source(): AsyncGenerator<Uint8Array> {
    yield* blocks;
  }
  const packed: Uint8Array[] = [];
  for await (const chunk of gzip(source())) packed.push(chunk);
  const unpacked: Uint8Array[] = [];
  for await (const chunk of gunzip(ofOne(Buffer.concat(packed)))) unpacked.push(chunk);
  expect(Buffer.concat(unpacked).equals(Buffer.concat(blocks))).toBe(true);
  const whole = gzipSync(Buffer.concat(blocks), { level: 6 }).length;
  expect(Buffer.concat(packed).length).toBeLessThan(whole * 1.02);
});

async function* ofOne(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
