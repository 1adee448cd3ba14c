import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import type { Content, Entry } from "./entry.ts";
import { contentBytes, readContent } from "./read-content.ts";

const directory = mkdtempSync(join(tmpdir(), "read-content-"));
afterAll(() => rmSync(directory, { recursive: true }));

const path = join(directory, "source");
const source = Buffer.from(Array.from({ length: 2_500_000 }, (_, index) => index % 251));
writeFileSync(path, source);

function entry(size: number, content?: Content): Entry {
  return { path: "f", type: "file", mode: 0o644, uid: 0, gid: 0, size, mtime: 0, ...(content && { content }) };
}

it("comes in chunks of at most 1 MiB, each its own", () => {
  const chunks = [...readContent(entry(source.length, { from: "file", path, offset: 0 }))];
  expect(chunks.map(({ length }) => length)).toEqual([1_048_576, 1_048_576, 402_848]);
  expect(Buffer.concat(chunks).equals(source)).toBe(true);
  expect(chunks[0]?.buffer).not.toBe(chunks[1]?.buffer);
});

it("is at hand, in a file at an offset, or in runs between zeros", () => {
  expect(contentBytes(entry(2, { from: "bytes", bytes: new Uint8Array([1, 2]) }))).toEqual(new Uint8Array([1, 2]));
  expect(contentBytes(entry(3, { from: "file", path, offset: 7 }))).toEqual(new Uint8Array([7, 8, 9]));
  const segments = [
    { at: 1, offset: 5, length: 2 },
    { at: 3, offset: 9, length: 1 },
  ];
  expect(contentBytes(entry(6, { from: "segments", path, segments }))).toEqual(new Uint8Array([0, 5, 6, 9, 0, 0]));
  expect(contentBytes(entry(2, { from: "segments", path: "/nowhere", segments: [] }))).toEqual(new Uint8Array(2));
  expect(contentBytes(entry(0))).toEqual(new Uint8Array());
});

it("is refused where it is not what the entry says", () => {
  const wrong = (size: number, content?: Content) => () => contentBytes(entry(size, content));
  expect(wrong(1)).toThrowError("not known");
  expect(wrong(3, { from: "bytes", bytes: new Uint8Array(2) })).toThrowError("expected 3 bytes, found 2");
  expect(wrong(source.length + 1, { from: "file", path, offset: 0 })).toThrowError("changed while it was read");
  expect(wrong(source.length - 1, { from: "file", path, offset: 0 })).toThrowError("found more");
  expect(wrong(source.length, { from: "file", path, offset: 1 })).toThrowError("changed while it was read");
  const run = (at: number, offset: number) => ({ at, offset, length: 2 });
  expect(wrong(9, { from: "segments", path, segments: [run(3, 0), run(1, 0)] })).toThrowError("out of order");
  expect(wrong(9, { from: "segments", path, segments: [run(8, 0)] })).toThrowError("expected 9 bytes, found 10");
  expect(wrong(9, { from: "segments", path, segments: [run(0, source.length)] })).toThrowError("changed");
  expect(wrong(9, { from: "segments", path: `${path}.gone`, segments: [run(0, 0)] })).toThrowError("cannot be read");
});

it("is not read at once where it is larger than the limit", () => {
  const content: Content = { from: "segments", path, segments: [] };
  expect(() => contentBytes(entry(16 * 1024 * 1024 + 1, content))).toThrowError("more than the 16777216 allowed");
  expect(() => contentBytes(entry(11, content), { limit: 10 })).toThrowError("11 bytes, more than the 10 allowed");
  expect(contentBytes(entry(10, content), { limit: 10 })).toHaveLength(10);
});
