import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Digest } from "@strake/oci";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { StatCache } from "./stat-cache.ts";

const digest: Digest = `sha256:${"0123456789abcdef".repeat(4)}`;
const stat = { size: 5, mtimeMs: 1_000_000.25, ctimeMs: 1_000_500.75, ino: 2 ** 40 + 1 };
const later = 2_000_000;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "strake-stat-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

function reopened(change: (cache: StatCache) => void): StatCache {
  const cache = StatCache.open(directory, "/src");
  change(cache);
  cache.save();
  return StatCache.open(directory, "/src");
}

describe("a file", () => {
  test("is known again as long as its size, times and inode are the same", () => {
    const cache = reopened((first) => first.set("a/b", stat, digest, later));
    expect(cache.get("a/b", { ...stat })).toBe(digest);
    for (const name of ["size", "mtimeMs", "ctimeMs", "ino"] as const) {
      expect(cache.get("a/b", { ...stat, [name]: stat[name] + 1 })).toBeUndefined();
    }
    expect(cache.get("a", stat)).toBeUndefined();
  });

  test("is not known when it was changed within the two seconds before it was read", () => {
    const cache = StatCache.open(directory, "/src");
    cache.set("a", stat, digest, stat.ctimeMs + 1999);
    expect(cache.get("a", stat)).toBeUndefined();
    cache.set("a", stat, digest, stat.ctimeMs + 2000);
    expect(cache.get("a", stat)).toBe(digest);
  });

  test("is known by its newer digest", () => {
    const newer: Digest = `sha256:${"f".repeat(64)}`;
    reopened((cache) => cache.set("a", stat, digest, later));
    const cache = reopened((second) => second.set("a", { ...stat, size: 6 }, newer, later));
    expect(cache.get("a", stat)).toBeUndefined();
    expect(cache.get("a", { ...stat, size: 6 })).toBe(newer);
  });

  test("whose name is not UTF-8 is not remembered", () => {
    const cache = reopened((first) => first.set("a\udcff", stat, digest, later));
    expect(cache.get("a\udcff", stat)).toBeUndefined();
  });

  test("is remembered whatever its name", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ minLength: 1 }).map((name) => name.replaceAll("\0", "?"))), (names) => {
        const cache = reopened((first) => {
          for (const [size, name] of names.entries()) first.set(name, { ...stat, size }, digest, later);
        });
        for (const [size, name] of names.entries()) expect(cache.get(name, { ...stat, size })).toBe(digest);
      }),
      { numRuns: 30 },
    );
  });
});

test("a manifest is known by the fingerprint of its selection, unless a file was just changed", () => {
  const old = { id: "one", newest: 1_000_000 };
  const young = { id: "two", newest: 1_999_000 };
  const cache = reopened((first) => {
    first.setManifest(old, digest, later);
    first.setManifest(young, digest, later);
  });
  expect(cache.getManifest(old)).toBe(digest);
  expect(cache.getManifest(young)).toBeUndefined();
});

test("each root has a file of its own", () => {
  reopened((cache) => cache.set("a", stat, digest, later));
  expect(StatCache.open(directory, "/other").get("a", stat)).toBeUndefined();
});

test("nothing is written where nothing is new, and nothing but the one file is left", () => {
  const cache = reopened(() => undefined);
  expect(readdirSync(directory)).toEqual([]);
  cache.set("a", stat, digest, later);
  cache.save();
  expect(readdirSync(directory)).toHaveLength(1);
});

test("a damaged file is as good as none, wherever it is damaged", () => {
  reopened((cache) => cache.set("a", stat, digest, later));
  const file = join(directory, readdirSync(directory)[0] as string);
  const intact = readFileSync(file);
  for (let at = 0; at < intact.length; at++) {
    const damaged = Buffer.from(intact);
    damaged[at] = (damaged[at] as number) ^ 1;
    writeFileSync(file, damaged);
    expect(StatCache.open(directory, "/src").get("a", stat)).toBeUndefined();
    writeFileSync(file, intact.subarray(0, at));
    expect(StatCache.open(directory, "/src").get("a", stat)).toBeUndefined();
  }
  writeFileSync(file, intact);
  expect(StatCache.open(directory, "/src").get("a", stat)).toBe(digest);
});
