import { type Entry, layerTree } from "@strake/oci";
import { expect, test } from "vitest";
import { followedPaths } from "./followed-paths.ts";

const entry = (path: string, type: Entry["type"], linkname?: string): Entry => {
  const rest = { mode: 0o644, uid: 0, gid: 0, size: 0, mtime: 0 };
  return { path, type, ...rest, ...(linkname === undefined ? {} : { linkname }) };
};
const paths = ["a.txt", "b.txt", "dir/one", "dir/sub/two", "other/x"];
const tree = layerTree([
  [
    ...["dir", "dir/sub", "other"].map((path) => entry(path, "directory")),
    ...paths.map((path) => entry(path, "file")),
    entry("link", "symlink", "dir/back"),
    entry("dir/back", "symlink", "../other"),
    entry("round", "symlink", "round"),
    entry("out", "symlink", "../../a.txt"),
  ],
]);
const all = [...paths, "dir", "dir/sub", "other", "link", "dir/back", "round", "out"];
const sent = (...patterns: string[]) => all.filter((path) => followedPaths(tree, patterns).includes(path)).sort();

test("without paths everything is sent", () => {
  expect(sent()).toHaveLength(all.length);
  expect(sent(".")).toHaveLength(all.length);
});

test("a path is sent with the folders above it and all below it", () => {
  expect(sent("dir/sub")).toEqual(["dir", "dir/sub", "dir/sub/two"]);
});

test("wildcards match within a folder, and two stars all of it", () => {
  expect(sent("*.txt")).toEqual(["a.txt", "b.txt"]);
  expect(sent("d*/o*")).toEqual(["dir", "dir/one"]);
  expect(sent("dir/**/two")).toEqual(["dir", "dir/back", "dir/one", "dir/sub", "dir/sub/two"]);
});

test("links are sent with what they lead to, within the folder", () => {
  expect(sent("link/x")).toEqual(["dir", "dir/back", "link", "other", "other/x"]);
  expect(sent("out")).toEqual(["a.txt", "out"]);
  expect(sent("round")).toEqual(["round"]);
});

test("what is not there is not sent", () => {
  expect(sent("none", "dir/none")).toEqual([]);
});
