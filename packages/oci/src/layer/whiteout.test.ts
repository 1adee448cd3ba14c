import { expect, it } from "vitest";
import { opaquePath, parseWhiteout, whiteoutPath } from "./whiteout.ts";

it.each([
  ["a", ".wh.a"],
  ["d/a", "d/.wh.a"],
  ["d/.hidden", "d/.wh..hidden"],
  ["d/wh.", "d/.wh.wh."],
])("the whiteout of %s is %s, and the other way round", (path, whiteout) => {
  expect(whiteoutPath(path)).toBe(whiteout);
  expect(parseWhiteout(whiteout)).toEqual({ kind: "remove", path });
});

it.each([
  ["", ".wh..wh..opq"],
  ["a/b", "a/b/.wh..wh..opq"],
])("the opaque mark of %j is %s, and the other way round", (path, mark) => {
  expect(opaquePath(path)).toBe(mark);
  expect(parseWhiteout(mark)).toEqual({ kind: "opaque", path });
});

it.each(["", "a", "a/b.wh.c", "a.wh.", ".wh", "d/.whx", ".wh.d/file"])("%j is no whiteout", (path) => {
  expect(parseWhiteout(path)).toBeUndefined();
});

it.each([".wh.", "a/.wh.", ".wh..", ".wh...", "a/.wh..."])("%s is refused, for it names nothing to remove", (path) => {
  expect(() => parseWhiteout(path)).toThrowError(`"${path}" is not a whiteout`);
});

it.each([".wh..wh.plnk", ".wh..wh.plnk/5.6", "a/.wh..wh.aufs", ".wh..wh.orph", ".wh..wh."])(
  "%s is AUFS's own and ignored",
  (path) => {
    expect(parseWhiteout(path)).toEqual({ kind: "ignored" });
  },
);

it.each(["", "a/", ".", "a/..", ".wh.a", "d/.wh..wh..opq"])("%j cannot be removed by a whiteout", (path) => {
  expect(() => whiteoutPath(path)).toThrowError("cannot be removed by a whiteout");
});
