import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hasWildcard, matchPath } from "./match-path.ts";

describe("matches as Go's filepath.Match", () => {
  test.each([
    ["abc", "abc"],
    ["*", "abc"],
    ["*c", "abc"],
    ["a*", "a"],
    ["a*/b", "abc/b"],
    ["a*b*c*d*e*/f", "axbxcxdxexxx/f"],
    ["a*b?c*x", "abxbbxdbxebxczzx"],
    ["ab[c]", "abc"],
    ["ab[b-d]", "abc"],
    ["ab[^e-g]", "abc"],
    ["a\\*b", "a*b"],
    ["a?b", "a☺b"],
    ["a[^a]b", "a☺b"],
    ["[a-ζ]*", "α"],
    ["[\\]a]", "]"],
    ["[\\-x]", "-"],
    ["[a*]", "*"],
    ["a[^x]b", "a/b"],
    ["*x", "xxx"],
    ["**", "abc"],
    ["", ""],
  ])("%s matches %s", (pattern, path) => {
    expect(matchPath(pattern, path)).toBe(true);
  });

  test.each([
    ["a*", "ab/c"],
    ["a*/b", "a/c/b"],
    ["a*b*c*d*e*/f", "axbxcxdxexxx/fff"],
    ["a*b?c*x", "abxbbxdbxebxczzy"],
    ["ab[e-g]", "abc"],
    ["ab[^b-d]", "abc"],
    ["a???b", "a☺b"],
    ["*[a-ζ]", "A"],
    ["a?b", "a/b"],
    ["a*b", "a/b"],
    ["[z-a]", "m"],
    ["**", "a/b"],
    ["a/**", "a/b/c"],
    ["*[^x]*c", "ab/c"],
    ["a", ""],
  ])("%s does not match %s", (pattern, path) => {
    expect(matchPath(pattern, path)).toBe(false);
  });

  test.each(["[]a]", "[-]", "[x-]", "[-x]", "\\", "[a-b-c]", "[", "[^", "[^bc", "a[", "*["])(
    "%s is refused",
    (pattern) => {
      expect(() => matchPath(pattern, "a")).toThrow("is not a valid pattern");
    },
  );
});

test("a path with every special character escaped matches itself and has no wildcard", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom("a", "/", "*", "?", "[", "]", "^", "-", "\\", "é", "\udc80") }),
      (path) => {
        const pattern = path.replace(/[\\*?[]/g, "\\$&");
        expect(matchPath(pattern, path)).toBe(true);
        expect(hasWildcard(pattern)).toBe(false);
      },
    ),
  );
});

test.each([
  ["a*", true],
  ["a\\\\*", true],
  ["a\\*", false],
  ["a]", false],
  ["[", true],
  ["a\n?", true],
])("hasWildcard(%j) is %s", (path, expected) => {
  expect(hasWildcard(path)).toBe(expected);
});
