import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { Entry } from "../tree/entry.ts";
import { type ReadPieces, readPieces } from "../tree/file-piece.ts";
import { giveBackChunk } from "./chunk-buffers.ts";
import { writeTar } from "./write-tar.ts";
import { writeTarElsewhere } from "./write-tar-elsewhere.ts";

const mebibyte = 1024 * 1024;
const folder = mkdtempSync(join(tmpdir(), "strake-elsewhere-"));
afterAll(() => rmSync(folder, { recursive: true }));

let made = 0;
const head = { mode: 0o644, uid: 0, gid: 0, mtime: 0 };

function file(size: number, path = `f${made}`): Entry {
  const source = join(folder, `source-${made++}`);
  writeFileSync(source, randomBytes(size));
  return { path, type: "file", ...head, size, content: { from: "file", path: source, offset: 0 } };
}

/** Answers late and out of order, as threads do. */
const late: ReadPieces = async (buffer, pieces) => {
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
  return readPieces(buffer, pieces);
};

async function written(entries: readonly Entry[], read: ReadPieces = late): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of writeTarElsewhere(entries, {}, read)) {
    chunks.push(Buffer.from(chunk));
    giveBackChunk(chunk);
  }
  return Buffer.concat(chunks);
}

/** The sizes at which a file ends, or its head stands, at the end of a chunk of 1 MiB. */
const atTheEnd = [mebibyte - 512, mebibyte - 1024, mebibyte - 1, mebibyte, mebibyte + 1, 3 * mebibyte - 512];

describe("a tar whose files are read elsewhere has the bytes of every other", () => {
  test.each([[0], [1], [511], ...atTheEnd.map((size) => [size])])("with files of %i bytes", async (size) => {
    const entries = [file(size), file(0), file(size), file(700), file(size)];
    expect((await written(entries)).equals(Buffer.concat([...writeTar(entries)]))).toBe(true);
  });

  test("with entries of every kind", async () => {
    const bytes = randomBytes(2 * mebibyte + 5);
    const stored = file(2 * mebibyte).content as { path: string };
    const entries: Entry[] = [
      { path: "d", type: "directory", ...head, mode: 0o755, size: 0 },
      { path: "d/inline", type: "file", ...head, size: bytes.length, content: { from: "bytes", bytes } },
      file(300_000, `d/${"long".repeat(60)}`),
      { path: "d/link", type: "symlink", ...head, size: 0, linkname: "inline" },
      { path: "d/part", type: "file", ...head, size: 1_000_000, content: { ...stored, from: "file", offset: 512 } },
      {
        path: "d/sparse",
        type: "file",
        ...head,
        size: 3 * mebibyte,
        content: { ...stored, from: "segments", segments: [{ at: 1000, offset: 5, length: mebibyte }] },
      },
      ...Array.from({ length: 2000 }, (_, at) => file(at % 5000)),
    ];
    expect((await written(entries)).equals(Buffer.concat([...writeTar(entries)]))).toBe(true);
  });
});

describe("a file that changes while it is read elsewhere", () => {
  test.each([
    ["longer", 40],
    ["shorter", 20],
  ])("and becomes %s is an error that names it", async (_, size) => {
    const entry = file(30);
    writeFileSync((entry.content as { path: string }).path, Buffer.alloc(size));
    await expect(written([file(10), entry])).rejects.toMatchObject({
      code: "size-mismatch",
      message: expect.stringContaining((entry.content as { path: string }).path),
    });
  });

  test("and goes is an error too", async () => {
    const entry = file(30);
    rmSync((entry.content as { path: string }).path);
    await expect(written([entry])).rejects.toMatchObject({ code: "not-found" });
  });
});
