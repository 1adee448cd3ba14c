import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ignoreMatcher, parseIgnore, readIgnore } from "./ignore.ts";

describe("reading the text of an ignore file", () => {
  test("drops comments, blank lines and white space, and anchors every pattern at the root", () => {
    const text =
      "\ufefftest1\n/test2\r\n/a/file/here\n\n \t\nlastfile/\n# a comment\n # no comment\na/../b/./c\n! /inverted/abs/path\n!\n! ";
    expect(parseIgnore(text)).toEqual([
      "test1",
      "test2",
      "a/file/here",
      "lastfile",
      "# no comment",
      "b/c",
      "!inverted/abs/path",
      "!",
      "!",
    ]);
  });
});

describe("finding the ignore file", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "strake-ignore-"));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  test("takes the build file's own before that of the root", () => {
    expect(readIgnore(root)).toEqual({ patterns: [] });
    writeFileSync(join(root, ".dockerignore"), "one\n");
    writeFileSync(join(root, "api.Dockerfile.dockerignore"), "two\n");
    expect(readIgnore(root)).toEqual({ file: join(root, ".dockerignore"), patterns: ["one"] });
    expect(readIgnore(root, join(root, "web.Dockerfile")).patterns).toEqual(["one"]);
    expect(readIgnore(root, join(root, "api.Dockerfile")).patterns).toEqual(["two"]);
  });

  test("keeps bytes that are not UTF-8 as they are kept in paths", () => {
    writeFileSync(join(root, ".dockerignore"), Buffer.from([0x61, 0xff, 0x0a]));
    expect(readIgnore(root).patterns).toEqual(["a\udcff"]);
  });
});

describe("one pattern", () => {
  test.each([
    ["**", "file"],
    ["**/", "dir/file"],
    ["**/**", "dir/file"],
    ["dir/**", "dir/file"],
    ["dir/**", "dir/dir2/file"],
    ["**/dir", "dir"],
    ["**/dir", "dir/file"],
    ["**/dir2/*", "dir/dir2/file"],
    ["**/dir2/**", "dir/dir2/dir3/file"],
    ["**file", "dir/dir/file"],
    ["**file", "dir/another-file"],
    ["**/file*txt", "dir/dir/file.txt"],
    ["**/**/*.txt", "dir/dir/file.txt"],
    ["**/**/*.txt", "file.txt"],
    ["a**/*.txt", "a/dir/dir/file.txt"],
    ["a/*.txt", "a/file.txt"],
    ["a/*.txt**", "a/file.txt"],
    ["a[b-d]e", "ace"],
    ["a[^b-d]e", "aze"],
    [".*", ".foo"],
    ["abc.def", "abc.def"],
    ["abc?def", "abcZdef"],
    ["a\\\\", "a\\"],
    ["a\\*b", "a*b"],
    ["**/foo/bar", "dir/dir2/foo/bar"],
    ["abc/**", "abc/def/ghi"],
    ["a(b)c/def", "a(b)c/def"],
    ["a.|)$(}+{bc", "a.|)$(}+{bc"],
    ["dist/*.whl", "dist/proxy.py-2.4.0rc3.dev36+g08acad9-py3-none-any.whl"],
    ["*", "fileutils.go"],
    ["a*", "ab/c"],
    ["a?b", "a☺b"],
    ["[a-ζ]*", "α"],
    ["[\\]a]", "]"],
    ["[\\-x]", "-"],
    ["a^b", "a^b"],
    ["./a/../b//c/", "b/c"],
    ["a?", "a\udc80"],
    // What Go's regular expressions make of it rather than filepath.Match.
    ["a[[:digit:]]", "a7"],
    ["a\\d", "a7"],
    ["a[^b]c", "a/c"],
    ["a|b*", "a/other"],
    ["ab{2}?", "abbc"],
    ["a{b}?", "a{b}c"],
  ])("%s ignores %s", (pattern, path) => {
    expect(ignoreMatcher([pattern]).ignores(path)).toBe(true);
  });

  test.each([
    ["**/**/*.txt2", "dir/dir/file.txt"],
    ["a/*.txt", "a/dir/file.txt"],
    ["a[b-d]e", "ae"],
    ["a[b-d]e", "aae"],
    [".*", "foo"],
    ["abc.def", "abcZdef"],
    ["abc?def", "abcdef"],
    ["abc/**", "abc"],
    ["**/.foo", "bar.foo"],
    ["a(b)c/def", "a(b)c/xyz"],
    ["node_modules", "packages/a/node_modules"],
    ["a*/b", "a/c/b"],
    ["a[^a][^a][^a]b", "a☺b"],
    ["a?b", "a/b"],
    ["../a", "a"],
    [".", "a"],
    ["a^b*", "a^bc"],
    ["/a", "a"],
  ])("%s does not ignore %s", (pattern, path) => {
    expect(ignoreMatcher([pattern]).ignores(path)).toBe(false);
  });

  test.each(["!", "[", "[]a]", "[-]", "[x-]", "[a-b-c]", "a[", "\\", "[Local-Only]", "\\é", "\\Q", "[[:no:]]"])(
    "%s is refused",
    (pattern) => {
      expect(() => ignoreMatcher([pattern])).toThrow(`"${pattern}" is not a valid pattern`);
    },
  );

  test("the root is never ignored", () => {
    expect(ignoreMatcher(["**", "."]).ignores("")).toBe(false);
  });
});

describe("several patterns", () => {
  test.each([
    [["docs", "!docs/README.md"], "docs/README.md", false],
    [["docs/", "!docs/README.md"], "docs/README.md", false],
    [["docs/*", "!docs/README.md"], "docs/README.md", false],
    [["docs", "!docs/README.md"], "docs/other.md", true],
    [["!fileutils.go", "*.go"], "fileutils.go", true],
    [["*.go", "!fileutils.go"], "fileutils.go", false],
    [["**", "!util/docker/web"], "util/docker/web/foo", false],
    [["**", "!util/docker/web", "util/docker/web/foo"], "util/docker/web/foo", true],
    [["**", "!dist/*.whl"], "dist/a+b.whl", false],
    [["a", "!a/b", "a/b/c"], "a/b/c/d", true],
    [["a", "!a/b", "a/b/c"], "a/b/d", false],
  ])("%j on %s", (patterns, path, ignored) => {
    expect(ignoreMatcher(patterns).ignores(path)).toBe(ignored);
  });

  test("a negated pattern that was of no use for a folder is of no use below it", () => {
    // At "a" nothing is ignored yet when !a is read, so that it matches neither "a" nor, through it, "a/x".
    const matcher = ignoreMatcher(["**/x", "!a", "nothing"]);
    expect(matcher.ignores("a/x")).toBe(true);
  });

  test("a directory can be skipped when no later negated pattern can match below it", () => {
    const matcher = ignoreMatcher(["a", "!**/package.json", "*.log"]);
    expect(matcher.canSkipDirectory("a")).toBe(false);
    expect(matcher.canSkipDirectory("x.log")).toBe(true);
    expect(matcher.canSkipDirectory("src")).toBe(false);
    const literal = ignoreMatcher(["a", "b", "!b/c/*.txt"]);
    expect(literal.canSkipDirectory("a")).toBe(true);
    expect(literal.canSkipDirectory("b")).toBe(false);
    expect(literal.canSkipDirectory("b/c")).toBe(false);
    expect(literal.canSkipDirectory("b/d")).toBe(true);
    expect(literal.canSkipDirectory("b/c/d")).toBe(true);
  });
});

const name = fc.constantFrom("a", "b", "ab", "c.txt");
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join("/"));
const patternName = fc.constantFrom("a", "b", "ab", "c.txt", "*", "**", "a*", "?", "*.txt", "[ab]", "[^a]", "**b");
const pattern = fc
  .tuple(fc.boolean(), fc.array(patternName, { minLength: 1, maxLength: 4 }))
  .map(([negated, names]) => (negated ? "!" : "") + names.join("/"));

test("what is below a directory that can be skipped is ignored", () => {
  fc.assert(
    fc.property(fc.array(pattern, { maxLength: 6 }), path, path, (patterns, directory, inside) => {
      const matcher = ignoreMatcher(patterns);
      if (matcher.canSkipDirectory(directory)) expect(matcher.ignores(`${directory}/${inside}`)).toBe(true);
    }),
    { numRuns: 3000 },
  );
});

test("the answer does not depend on what was asked before", () => {
  fc.assert(
    fc.property(fc.array(pattern, { maxLength: 6 }), fc.array(path, { minLength: 1 }), (patterns, paths) => {
      const shared = ignoreMatcher(patterns);
      for (const each of paths) expect(shared.ignores(each)).toBe(ignoreMatcher(patterns).ignores(each));
    }),
  );
});
