import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { copyToNewFile } from "./copy-file.ts";
import { FileWriter } from "./file-writer.ts";

const mebibyte = 1024 * 1024;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "strake-writer-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** What a file should hold, kept beside what is written. */
class Expected {
  bytes = Buffer.alloc(64 * mebibyte);
  length = 0;

  put(chunk: Uint8Array, position: number): void {
    this.bytes.set(chunk, position);
    this.length = Math.max(this.length, position + chunk.length);
  }

  get written(): Buffer {
    return this.bytes.subarray(0, this.length);
  }
}

describe.each([{ mayBypassCache: false }, { mayBypassCache: true }])("a file written with %o", (options) => {
  test("has every byte at its place, whatever the chunks, gaps and later changes", async () => {
    const path = join(folder, "file");
    const writer = await FileWriter.create(path, options);
    const expected = new Expected();
    const lengths = [512, 1024, 3 * mebibyte + 7, 1, 4095, mebibyte, 4096, 700_001];
    for (let round = 0; writer.position < 48 * mebibyte; round++) {
      const start = writer.position;
      writer.position += 512;
      for (const length of lengths.slice(round % 3)) {
        const chunk = randomBytes(length);
        expected.put(chunk, writer.position);
        await writer.write(chunk);
      }
      const header = randomBytes(512);
      expected.put(header, start);
      writer.patch(header, start);
    }
    await writer.flush();
    await writer.close();
    expect(statSync(path).size).toBe(expected.length);
    expect(readFileSync(path).equals(expected.written)).toBe(true);
  });

  test("goes on where it was left", async () => {
    const path = join(folder, "file");
    const bytes = randomBytes(40 * mebibyte);
    const start = 5 * mebibyte + 17;
    writeFileSync(path, bytes.subarray(0, start));
    const writer = await FileWriter.resume(path, start, options);
    expect(writer.position).toBe(start);
    for (let at = start; at < bytes.length; at += 1_000_003) await writer.write(bytes.subarray(at, at + 1_000_003));
    await writer.flush();
    await writer.close();
    expect(readFileSync(path).equals(bytes)).toBe(true);
  });

  test("forgets what is truncated", async () => {
    const path = join(folder, "file");
    const writer = await FileWriter.create(path, options);
    const chunk = randomBytes(mebibyte);
    for (let count = 0; count < 24; count++) await writer.write(chunk);
    await writer.truncate(20 * mebibyte + 100);
    const end = randomBytes(5000);
    await writer.write(end);
    await writer.flush();
    await writer.close();
    const found = readFileSync(path);
    expect(found.length).toBe(20 * mebibyte + 5100);
    expect(found.subarray(19 * mebibyte, 20 * mebibyte).equals(chunk)).toBe(true);
    expect(found.subarray(20 * mebibyte, 20 * mebibyte + 100).equals(chunk.subarray(0, 100))).toBe(true);
    expect(found.subarray(-5000).equals(end)).toBe(true);
  });

  test("gives every chunk back once, and only when it may be changed", async () => {
    const path = join(folder, "file");
    const writer = await FileWriter.create(path, options);
    const returned: Uint8Array[] = [];
    const expected = new Expected();
    for (let count = 0; count < 40; count++) {
      const chunk = randomBytes(mebibyte - 512);
      expected.put(chunk, writer.position);
      await writer.write(chunk, (back) => {
        returned.push(back);
        back.fill(0);
      });
    }
    await writer.flush();
    await writer.close();
    expect(new Set(returned).size).toBe(40);
    expect(returned).toHaveLength(40);
    expect(readFileSync(path).equals(expected.written)).toBe(true);
  });
});

test.each([0, 5000, 16 * mebibyte, 40 * mebibyte + 4097])("copies a file of %i bytes", async (length) => {
  const bytes = randomBytes(length);
  writeFileSync(join(folder, "source"), bytes);
  await copyToNewFile(join(folder, "source"), join(folder, "copy"));
  expect(readFileSync(join(folder, "copy")).equals(bytes)).toBe(true);
});

test("copies over no file that is there", async () => {
  writeFileSync(join(folder, "source"), randomBytes(17 * mebibyte));
  writeFileSync(join(folder, "copy"), "mine");
  await expect(copyToNewFile(join(folder, "source"), join(folder, "copy"))).rejects.toThrow("EEXIST");
  expect(readFileSync(join(folder, "copy"), "utf8")).toBe("mine");
});
