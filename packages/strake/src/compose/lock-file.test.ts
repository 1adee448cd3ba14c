import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sha256 } from "@strake/oci";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readLockFile, writeLockFile } from "./lock-file.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "strake-lock-file-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const one = sha256(Buffer.from("1"));
const two = sha256(Buffer.from("2"));

function read(text: string) {
  const file = join(folder, "strake.lock");
  writeFileSync(file, text);
  return readLockFile(file);
}

function failure(text: string): unknown {
  try {
    return read(text);
  } catch (error) {
    return error;
  }
}

test("a lockfile has one line for each name and platform, in an order that does not depend on what came first", () => {
  const file = join(folder, "written.lock");
  const pins = [
    ["b.test/x:1 linux/arm64", two],
    ["a.test/x:1 linux/amd64", one],
    ["b.test/x:1 linux/amd64", one],
  ] as const;
  writeLockFile(file, new Map(pins));
  const text = readFileSync(file, "utf8");
  expect(text.split("\n").slice(1)).toEqual([
    `a.test/x:1 linux/amd64: ${one}`,
    `b.test/x:1 linux/amd64: ${one}`,
    `b.test/x:1 linux/arm64: ${two}`,
    "",
  ]);
  writeLockFile(file, new Map([...pins].reverse()));
  expect(readFileSync(file, "utf8")).toBe(text);
  expect([...readLockFile(file)]).toHaveLength(3);
});

test("what both sides of a merge say alike is read, whatever its order and line ends", () => {
  const line = `a.test/x:1 linux/amd64: ${one}`;
  expect([...read(`# comment\r\n${line}\r\n\r\n${line}\r\n`)]).toEqual([["a.test/x:1 linux/amd64", one]]);
  expect(readLockFile(join(folder, "not-there"))).toEqual(new Map());
});

test.each(["<<<<<<< ours", "||||||| base", "=======", ">>>>>>> theirs"])(
  "the mark %s is an error at its line",
  (mark) => {
    const error = failure(`# comment\na.test/x:1 linux/amd64: ${one}\n${mark}\n`);
    expect(error).toMatchObject({
      code: "invalid-lockfile",
      message: expect.stringContaining("merge"),
      site: { line: 3 },
    });
  },
);

test.each(["a.test/x:1: sha256:1", "a.test/x:1 linux/amd64: sha256:12", "nonsense", ` a linux/amd64: ${one}`])(
  "the line %s is an error",
  (line) => {
    expect(failure(`${line}\n`)).toMatchObject({ message: expect.stringContaining("is not a pin"), site: { line: 1 } });
  },
);

test("two digests for one name and platform are an error at the second", () => {
  const text = `a.test/x:1 linux/amd64: ${one}\na.test/x:1 linux/amd64: ${two}\n`;
  expect(failure(text)).toMatchObject({ message: expect.stringContaining("second time"), site: { line: 2 } });
});
