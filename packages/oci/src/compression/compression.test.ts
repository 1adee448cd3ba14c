import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as zlib from "node:zlib";
import { describe, expect, it, onTestFinished } from "vitest";
import { compressor } from "./compress.ts";
import { decompress, detectCompression } from "./detect.ts";
import { gunzip, gzip } from "./gzip.ts";
import { unzstd, zstd } from "./zstd.ts";

const megabyte = 1024 * 1024;

async function* stream(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Bytes that neither deflate to nothing nor stay as long as they are. */
function text(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = 1;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[at] = 97 + ((state >>> 16) % 11);
  }
  return bytes;
}

function cut(bytes: Uint8Array, size: number): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) parts.push(bytes.subarray(at, at + size));
  return parts;
}

describe("gzip", () => {
  it.each([0, 1, megabyte - 1, megabyte, megabyte + 1, 3 * megabyte + 77])("keeps %i bytes", async (length) => {
    const bytes = text(length);
    const packed = await collect(gzip(stream(bytes)));
    expect(zlib.gunzipSync(packed).equals(bytes)).toBe(true);
    expect((await collect(gunzip(stream(packed)))).equals(bytes)).toBe(true);
  });

  it("gives the same bytes however the source is cut", async () => {
    const bytes = text(2 * megabyte + 5000);
    const whole = await collect(gzip(stream(bytes)));
    for (const size of [7919, 65536, megabyte]) {
      expect((await collect(gzip(stream(...cut(bytes, size))))).equals(whole)).toBe(true);
    }
  });

  it("writes a header without a name and a time", async () => {
    const packed = await collect(gzip(stream(text(10))));
    expect([...packed.subarray(0, 10)]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
  });

  it("packs more tightly at a higher level, and hardly worse than one block", async () => {
    const bytes = text(3 * megabyte);
    const fast = await collect(gzip(stream(bytes), { level: 1 }));
    const best = await collect(gzip(stream(bytes), { level: 9 }));
    expect(best.length).toBeLessThan(fast.length);
    expect(best.length).toBeLessThan(zlib.gzipSync(bytes, { level: 9 }).length * 1.01);
  });

  it("makes one member that gzip -t accepts", async () => {
    const folder = mkdtempSync(join(tmpdir(), "strake-gzip-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "packed.gz");
    writeFileSync(path, await collect(gzip(stream(text(2 * megabyte + 1)))));
    execFileSync("gzip", ["-t", path], { stdio: "pipe" });
    expect(execFileSync("gzip", ["-dc", path], { maxBuffer: 8 * megabyte }).equals(text(2 * megabyte + 1))).toBe(true);
  });

  it("closes the source when the consumer stops early", async () => {
    let closed = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield text(megabyte);
      } finally {
        closed = true;
      }
    }
    for await (const chunk of gzip(endless())) if (chunk.length > 1000) break;
    expect(closed).toBe(true);
  });
});

describe("gunzip", () => {
  const first = zlib.gzipSync("first ");
  const second = zlib.gzipSync("second");

  it("joins several members", async () => {
    expect((await collect(gunzip(stream(first, second)))).toString()).toBe("first second");
    expect((await collect(gunzip(stream(Buffer.concat([first, second]))))).toString()).toBe("first second");
  });

  it.each([
    ["nothing", []],
    ["a member without its last byte", [first.subarray(0, -1)]],
    ["a member without its trailer", [first.subarray(0, -8)]],
    ["half a header", [first.subarray(0, 5)]],
    ["zeros after the end", [first, Buffer.alloc(512)]],
    ["zeros after the end, in the same chunk", [Buffer.concat([first, Buffer.alloc(512)])]],
    ["zeros between members", [first, Buffer.alloc(3), second]],
    ["one byte after the end", [first, Buffer.of(0x1f)]],
    ["other bytes after the end", [first, Buffer.from("and more")]],
    ["a wrong checksum", [first.subarray(0, -8), Buffer.alloc(4), first.subarray(-4)]],
    ["something else", [Buffer.from("not packed at all")]],
  ] as const)("refuses %s", async (_, chunks) => {
    await expect(collect(gunzip(stream(...chunks), "layer 1"))).rejects.toMatchObject({
      name: "OciError",
      code: "invalid-compression",
      message: expect.stringMatching(/^layer 1 is not valid gzip: /),
    });
  });

  it("passes an error of the source on as it is", async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield first.subarray(0, 12);
      throw new Error("the line went dead");
    }
    await expect(collect(gunzip(failing()))).rejects.toThrow("the line went dead");
  });

  it("lets the source tell what is wrong with its last bytes", async () => {
    async function* wrong(): AsyncGenerator<Uint8Array> {
      yield Buffer.concat([first.subarray(0, -1), Buffer.of(0x77)]);
      // Long enough for the damage to be found.
      for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
      throw new Error("the bytes are not the blob's");
    }
    await expect(collect(gunzip(wrong()))).rejects.toThrow("the bytes are not the blob's");
  });

  it("closes a long source when the consumer stops early", async () => {
    const packed = zlib.gzipSync(text(8 * megabyte));
    let closed = false;
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        yield* cut(packed, 1000);
      } finally {
        closed = true;
      }
    }
    for await (const chunk of gunzip(source())) if (chunk.length > 0) break;
    await expect.poll(() => closed).toBe(true);
  });
});

describe("decompress", () => {
  it.each(["gzip", "zstd", "bzip2", "xz"])("recognises and unpacks what %s wrote", async (program) => {
    const bytes = text(60_000);
    const packed = execFileSync(program, ["-c", "-q"], { input: bytes, maxBuffer: megabyte });
    expect(detectCompression(packed)).toBe(program);
    expect((await collect(decompress(stream(...cut(packed, 3)), "archive"))).equals(bytes)).toBe(true);
    await expect(collect(decompress(stream(packed.subarray(0, -20)), "archive"))).rejects.toMatchObject({
      code: "invalid-compression",
      message: expect.stringContaining("archive"),
    });
  });

  it("passes what is not packed, and what is too short to tell", async () => {
    expect((await collect(decompress(stream(Buffer.from("plain text")), "it"))).toString()).toBe("plain text");
    expect((await collect(decompress(stream(Buffer.of(0x42)), "it"))).length).toBe(1);
    expect((await collect(decompress(stream(), "it"))).length).toBe(0);
  });

  it("says which program is missing", async () => {
    const path = process.env.PATH;
    process.env.PATH = "/nowhere";
    onTestFinished(() => {
      process.env.PATH = path;
    });
    await expect(collect(decompress(stream(Buffer.from("BZh91AY")), "src.tar.bz2"))).rejects.toMatchObject({
      code: "unsupported-compression",
      message: expect.stringMatching(/^src\.tar\.bz2 is packed with bzip2, and the program bzip2 cannot be started/),
    });
  });
});

describe("zstd", () => {
  it("packs and unpacks where Node can, and names the Node that can where this one cannot", async () => {
    const bytes = text(3 * megabyte);
    if ("createZstdCompress" in zlib) {
      expect((await collect(unzstd(zstd(stream(bytes))))).equals(bytes)).toBe(true);
      return;
    }
    await expect(collect(zstd(stream()))).rejects.toMatchObject({
      code: "unsupported-compression",
      message: expect.stringContaining("needs Node 22.15 or later"),
    });
  });

  it("unpacks several frames, and refuses what is cut short", async () => {
    const frame = execFileSync("zstd", ["-c", "-q"], { input: "frame " });
    expect((await collect(unzstd(stream(frame, frame)))).toString()).toBe("frame frame ");
    await expect(collect(unzstd(stream(frame.subarray(0, -3))))).rejects.toMatchObject({ code: "invalid-compression" });
  });
});

it("names the compressor by library, version, level and how it is used", () => {
  expect(compressor("gzip", 9)).toBe(`zlib-${process.versions.zlib}/level 9/windows and levels by noise`);
  expect(compressor("gzip")).toMatch(/\/level 5\//);
  expect(compressor("none")).toBe("none");
});
