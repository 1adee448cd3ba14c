import { expect, test } from "vitest";
import { parseGitUrl } from "./git-url.ts";

test("a git address says in its fragment and its query what is wanted", () => {
  const remote = "https://x.y/r.git";
  expect(parseGitUrl(`${remote}#v1:sub`)).toEqual({ remote, ref: "v1", subdirectory: "sub" });
  expect(parseGitUrl(`${remote}?tag=v1&subdir=sub&commit=abc`)).toEqual({
    remote,
    ref: "v1",
    subdirectory: "sub",
    checksum: "abc",
  });
  expect(parseGitUrl(`${remote}?keep-git-dir`)).toEqual({ remote, keepGitDir: true });
  expect(parseGitUrl(`${remote}?keep-git-dir=false&checksum=a`)).toEqual({ remote, keepGitDir: false, checksum: "a" });
});
