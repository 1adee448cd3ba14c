import { describe, expect, test } from "vitest";
import { addSourceType, isGitUrl, parseGitUrl, repositoryName } from "./git-url.ts";

const remote = "https://x.y/r.git";

describe("a git address", () => {
  test("says in its fragment and its query what is wanted", () => {
    expect(parseGitUrl(`${remote}#v1:sub`)).toEqual({ remote, ref: "v1", subdirectory: "sub" });
    expect(parseGitUrl(`${remote}?tag=v1&subdir=sub&commit=abc`)).toEqual({
      remote,
      ref: "refs/tags/v1",
      subdirectory: "sub",
      checksum: "abc",
    });
    expect(parseGitUrl(`${remote}?branch=a%2Fb&mtime=commit`)).toEqual({ remote, ref: "refs/heads/a/b" });
    expect(parseGitUrl(`${remote}?keep-git-dir`)).toEqual({ remote, keepGitDir: true });
    const flags = `${remote}?keep-git-dir=false&checksum=a&submodules=0`;
    expect(parseGitUrl(flags)).toEqual({ remote, keepGitDir: false, checksum: "a", submodules: false });
    const commit = "0123456789".repeat(4);
    const byCommit = `git@x.y:r?checksum=${commit}&fetch-by-commit#main`;
    expect(parseGitUrl(byCommit)).toEqual({ remote: "git@x.y:r", ref: commit, checksum: commit });
  });

  test("names no folder outside the repository", () => {
    expect(parseGitUrl(`${remote}#main:../../etc`)).toEqual({ remote, ref: "main", subdirectory: "etc" });
    expect(parseGitUrl(`${remote}?subdir=a/../../../b/.`)).toEqual({ remote, subdirectory: "b" });
    expect(parseGitUrl(`${remote}#:/`)).toEqual({ remote });
  });

  test.each([
    ["?form=x", 'unexpected query "form"'],
    ["?ref=", 'query "ref" has no value'],
    ["?ref=a&ref=b", 'query "ref" has multiple values'],
    ["?ref=a#b", 'ref conflicts: "b" vs "a"'],
    ["?subdir=a#main:b", 'subdir conflicts: "b" vs "a"'],
    ["?tag=a&branch=b", "branch conflicts with tag"],
    ["?submodules=x", 'invalid submodules value: "x"'],
    ["?mtime=now", 'invalid mtime value: "now"'],
    ["?fetch-by-commit&checksum=abc", "fetch-by-commit requires a full commit"],
  ])("is refused with %s", (query, message) => {
    expect(() => parseGitUrl(`https://me:secret@x.y/r.git${query}`)).toThrow(message);
    expect(() => parseGitUrl(`https://me:secret@x.y/r.git${query}`)).not.toThrow("secret");
  });

  test("is told from other sources, and has a name", () => {
    for (const text of ["git@x.y:a/b", "ssh://x.y/b", "GIT://x.y/b.git", "http://x.y/a/b.git#c"]) {
      expect([isGitUrl(text), addSourceType(text)]).toEqual([true, "git"]);
      expect(repositoryName(parseGitUrl(text))).toBe("b");
    }
    // ADD takes it for a path, as BuildKit does.
    expect([isGitUrl("github.com/a/b"), addSourceType("github.com/a/b")]).toEqual([true, "path"]);
    expect([isGitUrl("file:///a/b.git"), addSourceType("https://x.y/b")]).toEqual([false, "http"]);
  });
});
