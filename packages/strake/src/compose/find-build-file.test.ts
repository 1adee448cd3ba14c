import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findBuildFile } from "./find-build-file.ts";

let root: string;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "strake-find-"));
  mkdirSync(join(root, "a/b"), { recursive: true });
  writeFileSync(join(root, "build.mjs"), "");
  writeFileSync(join(root, "build.ts"), "");
  writeFileSync(join(root, "a/build.mts"), "");
  writeFileSync(join(root, "a/other.ts"), "");
});

afterAll(() => rmSync(root, { recursive: true }));

test("the nearest folder wins, and build.ts among its files", () => {
  expect(findBuildFile(join(root, "a/b"))).toBe(join(root, "a/build.mts"));
  expect(findBuildFile(root)).toBe(join(root, "build.ts"));
});

test("a file can be asked for, or a folder that has one", () => {
  expect(findBuildFile(join(root, "a"), "other.ts")).toBe(join(root, "a/other.ts"));
  expect(findBuildFile(root, "a")).toBe(join(root, "a/build.mts"));
});

test("what is not there is an error that says what was looked for", () => {
  expect(() => findBuildFile(root, "nope.ts")).toThrow("nope.ts does not exist");
  expect(() => findBuildFile(root, "a/b")).toThrow("there is no build.ts in a/b");
  expect(() => findBuildFile("/proc")).toThrow("there is no build.ts in /proc or above it");
});
