import { appendFileSync, lstatSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type FilePiece, readPieces } from "./file-piece.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "strake-pieces-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function pieceOf(name: string, content: string, place: Partial<FilePiece> = {}): FilePiece {
  const path = join(folder, name);
  writeFileSync(path, content);
  return { path, offset: 0, length: content.length, at: 0, fileSize: content.length, ...place };
}

describe("pieces of files", () => {
  test("go where they belong, with the times of the files that are wanted whole", () => {
    const whole = pieceOf("whole", "abc", { at: 1 });
    const end = pieceOf("end", "0123456789", { offset: 8, length: 2, at: 6 });
    const { fileSize: _fileSize, ...part } = pieceOf("part", "part of a layer", { offset: 5, length: 2, at: 4 });
    const buffer = Buffer.alloc(8, "-");
    const times = readPieces(buffer, [whole, end, part]);
    expect(buffer.toString()).toBe("-abcof89");
    const { mtimeMs, ctimeMs } = lstatSync(whole.path);
    const other = lstatSync(end.path);
    expect([...times]).toEqual([mtimeMs, ctimeMs, other.mtimeMs, other.ctimeMs, Number.NaN, Number.NaN]);
  });

  test("of a file that is longer or shorter than it was are refused", () => {
    const longer = pieceOf("longer", "abc");
    appendFileSync(longer.path, "d");
    expect(() => readPieces(Buffer.alloc(9), [longer])).toThrow(/expected 3 bytes, found more/);
    const shorter = pieceOf("shorter", "abcdef");
    truncateSync(shorter.path, 4);
    expect(() => readPieces(Buffer.alloc(9), [shorter])).toThrow(/expected 6 bytes, found 4/);
    rmSync(shorter.path);
    expect(() => readPieces(Buffer.alloc(9), [shorter])).toThrow(/cannot be read/);
  });
});
