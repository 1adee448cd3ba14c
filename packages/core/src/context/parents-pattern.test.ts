import { expect, test } from "vitest";
import { cleanPath, parentsPattern } from "./parents-pattern.ts";

test.each([
  ["src/**/*.ts", "", "src/**/*.ts"],
  ["/packages/a/", "", "packages/a"],
  ["a/b/./c/*.txt", "a/b", "c/*.txt"],
  ["a/*/./b/./c", "a/*", "b/c"],
  ["./a/b", "", "a/b"],
  ["../a/./../b", "a", "b"],
])("%s keeps the folders after its pivot", (source, base, pattern) => {
  expect(parentsPattern(source)).toEqual({ base, pattern });
});

test.each([
  ["", ""],
  ["/", ""],
  ["a//b/./c/", "a/b/c"],
  ["../../a/../b", "b"],
])("%j means the path %j below the root", (path, clean) => {
  expect(cleanPath(path)).toBe(clean);
});
