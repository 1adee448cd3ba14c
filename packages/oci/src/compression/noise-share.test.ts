import { createHash, randomBytes } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { gzip } from "./gzip.ts";
import { noiseShare } from "./noise-share.ts";

const megabyte = 1024 * 1024;
const text = Buffer.from(
  Array.from({ length: 40_000 }, (_, at) => createHash("sha1").update(`${at}`).digest("base64")).join("\n"),
);

/** Noise and text in pieces of one length: of every ten the first `noisy` are noise. */
function mixed(length: number, noisy: number): Buffer {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at * length < megabyte; at++) {
    const from = (at * 4099) % (text.length - length);
    pieces.push(at % 10 < noisy ? randomBytes(length) : text.subarray(from, from + length));
  }
  return Buffer.concat(pieces).subarray(0, megabyte);
}

async function pack(bytes: Uint8Array, level?: number): Promise<Buffer> {
  async function* source(): AsyncGenerator<Uint8Array> {
    yield bytes;
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of gzip(source(), level === undefined ? {} : { level })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe("the share of noise", () => {
  test("is nothing in text and numbers, and everything in noise", () => {
    expect(noiseShare(text)).toBe(0);
    expect(noiseShare(Buffer.from(new Uint32Array(megabyte / 4).map((_, at) => at * 77).buffer))).toBe(0);
    expect(noiseShare(new Uint8Array(megabyte))).toBe(0);
    expect(noiseShare(randomBytes(megabyte))).toBeGreaterThan(0.9);
  });

  test.each([512, 2048, 4096, 8192, 20_000])("is found in pieces of %i bytes", (length) => {
    for (const noisy of [2, 5, 8]) {
      const share = noiseShare(mixed(length, noisy));
      expect(share).toBeGreaterThan(noisy / 10 - 0.15);
      expect(share).toBeLessThan(noisy / 10 + 0.15);
    }
  });

  test("is not told of what is too short to tell", () => {
    expect(noiseShare(randomBytes(5000))).toBe(0);
    expect(noiseShare(new Uint8Array())).toBe(0);
  });
});

describe("gzip of what is noise in part", () => {
  const half = Buffer.concat([mixed(2048, 5), text, mixed(4096, 8), randomBytes(megabyte), mixed(512, 5)]);

  test("comes back as it was, and is hardly longer", async () => {
    const packed = await pack(half);
    expect(gunzipSync(packed).equals(half)).toBe(true);
    expect(packed.length).toBeLessThan(gzipSync(half, { level: 6 }).length * 1.02);
  });

  test("looks back over all of it at a level that was asked for to make it short", async () => {
    // What comes back does so after 20 KB: further than 8 KiB, and less than the 32 KiB of the format.
    const piece = Buffer.concat([randomBytes(12_000), text.subarray(0, 8000)]);
    const far = Buffer.concat(Array.from({ length: 50 }, () => piece));
    expect(noiseShare(far)).toBeGreaterThan(0.5);
    expect((await pack(far)).length).toBeGreaterThan(far.length / 2);
    expect((await pack(far, 6)).length).toBeLessThan(far.length / 10);
  });
});
