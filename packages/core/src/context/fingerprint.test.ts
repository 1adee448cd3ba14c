import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sha256 } from "@strake/oci";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type FileToHash, fingerprint, hashFile } from "./fingerprint.ts";
import type { LocalEntry } from "./local-entry.ts";
import { localTree } from "./local-tree.ts";
import { selectionFingerprint } from "./selection-fingerprint.ts";
import { StatCache } from "./stat-cache.ts";

let root: string;
let caches: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "strake-fingerprint-"));
  caches = mkdtempSync(join(tmpdir(), "strake-caches-"));
});
afterEach(() => {
  rmSync(root, { recursive: true });
  rmSync(caches, { recursive: true });
});

function fileToHash(path: string): FileToHash {
  const { size, mtimeMs, ctimeMs, ino } = statSync(path);
  return { path, size, mtimeMs, ctimeMs, ino };
}

describe("hashing a file", () => {
  test.each([0, 1, 1024 * 1024 - 1, 1024 * 1024, 1024 * 1024 + 1, 3 * 1024 * 1024])("of %i bytes", (size) => {
    const path = join(root, "file");
    const bytes = Buffer.alloc(size, "strake");
    writeFileSync(path, bytes);
    expect(hashFile(fileToHash(path))).toBe(sha256(bytes));
  });

  test.each([
    ["longer", (path: string) => appendFileSync(path, "x")],
    ["shorter", (path: string) => writeFileSync(path, "")],
    ["of another time", (path: string) => utimesSync(path, 1, 1)],
    [
      "another file",
      (path: string) => {
        unlinkSync(path);
        writeFileSync(`${path}2`, "");
        writeFileSync(path, "content");
      },
    ],
  ])("that has become %s since it was looked at is an error", (_name, change) => {
    const path = join(root, "file");
    writeFileSync(path, "content");
    const before = fileToHash(path);
    change(path);
    expect(() => hashFile(before)).toThrow(`${path} changed while it was read`);
  });

  test("that is gone is an error that names it", () => {
    const path = join(root, "file");
    expect(() => hashFile({ path, size: 0, mtimeMs: 0, ctimeMs: 0, ino: 0 })).toThrow(`${path} cannot be read`);
  });
});

function entriesAt(paths: readonly string[]): LocalEntry[] {
  const tree = localTree(root);
  return paths.map((path) => tree.get(path) as LocalEntry);
}

describe("the files of a tree", () => {
  beforeEach(() => {
    mkdirSync(join(root, "d"));
    writeFileSync(join(root, "a"), "A");
    writeFileSync(join(root, "d/b"), "B");
  });

  test("have the digests of their contents", async () => {
    const digests = await fingerprint(entriesAt(["a", "d", "d/b"]), { cache: StatCache.open(caches, root) });
    expect([...digests]).toEqual([
      ["a", sha256("A")],
      ["d/b", sha256("B")],
    ]);
  });

  test("are not read where the cache knows them", async () => {
    const cache = StatCache.open(caches, root);
    const entries = entriesAt(["a", "d/b"]);
    const other = sha256("remembered");
    cache.set("a", { ...entries[0]! }, other, Date.now() + 10_000);
    const digests = await fingerprint(entries, { cache });
    expect(digests.get("a")).toBe(other);
    expect(digests.get("d/b")).toBe(sha256("B"));
  });

  test("are handed to the threads when they are many", async () => {
    const paths = Array.from({ length: 2000 }, (_, at) => `f${at}`);
    for (const path of paths) writeFileSync(join(root, path), path);
    const handed: number[] = [];
    const digests = await fingerprint(entriesAt(paths), {
      cache: StatCache.open(caches, root),
      hashFiles: async (files) => {
        handed.push(files.length);
        return files.map(hashFile);
      },
    });
    expect(handed).toEqual([2000]);
    expect(digests.get("f1999")).toBe(sha256("f1999"));
  });
});

describe("the fingerprint of a selection", () => {
  const paths = ["a", "d", "d/b"];
  beforeEach(() => {
    mkdirSync(join(root, "d"));
    writeFileSync(join(root, "a"), "A");
    writeFileSync(join(root, "d/b"), "B");
  });

  function idOf(selected: readonly string[]): string {
    return selectionFingerprint(entriesAt(selected)).id;
  }

  test("stays the same while nothing changes, and for what is not selected", () => {
    const before = idOf(paths);
    writeFileSync(join(root, "d/other"), "");
    expect(idOf(paths)).toBe(before);
  });

  test("is another after a change, and for other paths", () => {
    const before = idOf(paths);
    expect(idOf(["a", "d"])).not.toBe(before);
    utimesSync(join(root, "d/b"), 5, 5);
    expect(idOf(paths)).not.toBe(before);
  });

  test("knows the latest time of any file", () => {
    const { ctimeMs } = statSync(join(root, "d/b"));
    expect(selectionFingerprint(entriesAt(paths)).newest).toBeGreaterThanOrEqual(ctimeMs);
  });
});
