import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { comparePaths, type Entry } from "./entry.ts";
import { layerTree } from "./layer-tree.ts";

const base = { mode: 0o644, uid: 0, gid: 0, size: 0, mtime: 0 } as const;

function file(path: string, text = ""): Entry {
  const bytes = Buffer.from(text);
  return { path, type: "file", ...base, size: bytes.length, content: { from: "bytes", bytes } };
}
const directory = (path: string, mode = 0o755): Entry => ({ path, type: "directory", ...base, mode });
const symlink = (path: string, linkname: string): Entry => ({ path, type: "symlink", ...base, linkname });
const hardlink = (path: string, linkname: string): Entry => ({ path, type: "hardlink", ...base, linkname });

function paths(...layers: Entry[][]): string[] {
  return layerTree(layers)
    .entries()
    .map(({ path }) => path);
}

describe("layers over each other", () => {
  it("show the uppermost entry of each path, in tree order", () => {
    const tree = layerTree([
      [file("b", "1"), file("a-b"), directory("a")],
      [file("b", "22"), file("a/c")],
    ]);
    expect(tree.entries().map(({ path, size }) => [path, size])).toEqual([
      ["a", 0],
      ["a/c", 0],
      ["a-b", 0],
      ["b", 2],
    ]);
    expect(tree.get("b")).toEqual(file("b", "22"));
    expect(tree.get("nothing")).toBeUndefined();
    expect(tree.children("")).toEqual(["a", "a-b", "b"]);
    expect(tree.children("a")).toEqual(["c"]);
    expect(tree.children("b")).toEqual([]);
    expect(tree.children("a/nothing")).toEqual([]);
  });

  it("have a root with mode 0755 where no layer says otherwise, which is not listed", () => {
    expect(layerTree([]).get("")).toEqual(directory(""));
    expect(layerTree([[directory("", 0o700)]]).get("")).toEqual(directory("", 0o700));
    expect(paths([directory("")])).toEqual([]);
  });

  it("have the directories that paths imply, until a layer has them itself", () => {
    const tree = layerTree([[file("a/b/c")], [directory("a", 0o700)]]);
    expect(tree.get("a")).toEqual(directory("a", 0o700));
    expect(tree.get("a/b")).toEqual(directory("a/b"));
    expect(tree.get("a/b/c")).toBeDefined();
  });

  it("hide what was below a directory that is replaced, and begin anew when it comes back", () => {
    expect(paths([file("a/b")], [file("a")])).toEqual(["a"]);
    expect(paths([file("a/b")], [symlink("a", "x")])).toEqual(["a"]);
    expect(paths([file("a/b")], [file("a")], [directory("a")])).toEqual(["a"]);
    expect(paths([file("a/b"), file("a"), directory("a"), file("a/c")])).toEqual(["a", "a/c"]);
  });

  it("refuse something below a file", () => {
    expect(() => paths([file("a")], [file("a/b")])).toThrowError('something below "a", which is no directory');
  });
});

describe("whiteouts", () => {
  it("remove what the layers below have, with all below it", () => {
    expect(paths([file("a/b/c"), file("a/d")], [file("a/.wh.b")])).toEqual(["a", "a/d"]);
    expect(paths([file("a")], [file(".wh.nothing"), file("x/.wh.nothing")])).toEqual(["a"]);
  });

  it("leave what their own layer has, wherever they stand in it", () => {
    const below = [file("d/old")];
    expect(paths(below, [file(".wh.d"), file("d/new")])).toEqual(["d", "d/new"]);
    expect(paths(below, [file("d/new"), file(".wh.d")])).toEqual(["d", "d/new"]);
  });

  it("make a directory opaque for the layers below alone", () => {
    const below = [directory("d", 0o700), file("d/old"), file("d/kept/old")];
    expect(paths(below, [file("d/kept/new"), file("d/.wh..wh..opq")])).toEqual(["d", "d/kept", "d/kept/new"]);
    expect(layerTree([below, [file("d/.wh..wh..opq")]]).get("d")?.mode).toBe(0o700);
    expect(paths(below, [file(".wh..wh..opq"), file("a")])).toEqual(["a"]);
    expect(paths([file("a")], [file("a/.wh..wh..opq"), file("b/.wh..wh..opq")])).toEqual(["a"]);
  });

  it("of AUFS are passed over, and malformed ones refused", () => {
    expect(paths([file(".wh..wh.plnk/1"), file("a")])).toEqual(["a"]);
    expect(() => paths([file("a/.wh...")])).toThrowError("not a whiteout");
  });
});

describe("symlinks to directories", () => {
  const usr = [directory("usr/lib"), symlink("lib", "usr/lib"), symlink("usr/lib/x86", "/usr/lib")];

  it("are followed by the paths of the layers above", () => {
    const tree = layerTree([usr, [file("lib/x86/a.so", "so"), file("lib/x86/d/b")]]);
    expect(tree.get("usr/lib/a.so")).toEqual(file("usr/lib/a.so", "so"));
    expect(tree.get("usr/lib/d/b")).toEqual(file("usr/lib/d/b"));
    expect(tree.get("lib/x86/a.so")).toBeUndefined();
  });

  it("are followed by whiteouts", () => {
    expect(paths([...usr, file("usr/lib/a")], [file("lib/.wh.a")])).not.toContain("usr/lib/a");
    expect(paths([...usr, file("usr/lib/a")], [file("lib/.wh..wh..opq")])).not.toContain("usr/lib/a");
  });

  it("never lead out of the tree", () => {
    expect(paths([symlink("up", "../../.."), file("up/a")])).toEqual(["a", "up"]);
  });

  it("are replaced by a directory of their name, also for what follows in the same layer", () => {
    expect(paths([...usr, file("lib/a")], [directory("lib"), file("lib/b")])).toEqual([
      "lib",
      "lib/b",
      "usr",
      "usr/lib",
      "usr/lib/a",
      "usr/lib/x86",
    ]);
    expect(paths(usr, [file("lib/a"), directory("lib"), file("lib/b")])).toContain("lib/b");
  });

  it("that lead nowhere have their target made", () => {
    expect(paths([symlink("l", "made/here"), file("l/a")])).toEqual(["l", "made", "made/here", "made/here/a"]);
  });

  it("in a circle are refused", () => {
    expect(() => paths([symlink("a", "b"), symlink("b", "a"), file("a/x")])).toThrowError("too many symlinks");
  });
});

describe("hard links", () => {
  it("are the file that they name, in their layer or one below, under their own path", () => {
    const tree = layerTree([[file("a", "text"), hardlink("b", "a")], [hardlink("d/c", "b")]]);
    expect(tree.get("b")).toEqual({ ...file("b", "text"), linkedTo: "a" });
    expect(tree.get("d/c")).toEqual({ ...file("d/c", "text"), linkedTo: "a" });
  });

  it("stay what they were when the other name changes", () => {
    expect(layerTree([[file("a", "old"), hardlink("b", "a")], [file("a", "newer")]]).get("b")).toEqual({
      ...file("b", "old"),
      linkedTo: "a",
    });
  });

  it("may name a symlink, which they become, through directories that are symlinks", () => {
    const layer = [symlink("s", "x"), directory("d"), symlink("e", "d"), symlink("d/t", "y")];
    expect(layerTree([layer, [hardlink("h", "e/t")]]).get("h")).toEqual(symlink("h", "y"));
  });

  it("to nothing and to directories are refused", () => {
    expect(() => paths([hardlink("b", "a"), file("a")])).toThrowError('hard link "b" names "a", which is not there');
    expect(() => paths([directory("a"), hardlink("b", "a")])).toThrowError("which is a directory");
    expect(() => paths([file("a")], [file(".wh.a"), hardlink("b", "a")])).toThrowError("which is not there");
  });
});

it("does what applying entry by entry to a plain map does", () => {
  const name = fc.constantFrom("a", "b", "c", "a-");
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join("/"));
  const item = fc.oneof(
    { weight: 3, arbitrary: path.map((path) => directory(path)) },
    path.map((path) => file(path.replace(/[^/]+$/, ".wh.$&"))),
    path.map((path) => file(`${path}/.wh..wh..opq`)),
  );
  fc.assert(
    fc.property(fc.array(fc.array(item, { maxLength: 8 }), { maxLength: 4 }), (layers) => {
      const expected = new Set<string>();
      for (const layer of layers) {
        for (const { path } of layer) {
          const at = path.lastIndexOf("/") + 1;
          const hidden = path.endsWith("opq") ? path.slice(0, at) : `${path.slice(0, at)}${path.slice(at + 4)}`;
          if (!path.includes(".wh.")) continue;
          for (const other of expected) {
            if (path.endsWith("opq") ? other.startsWith(hidden) : `${other}/`.startsWith(`${hidden}/`)) {
              expected.delete(other);
            }
          }
        }
        for (const { path } of layer) {
          if (path.includes(".wh.")) continue;
          for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1)) expected.add(path.slice(0, end));
        }
      }
      const found = paths(...layers);
      expect(found).toEqual([...expected].sort(comparePaths));
      const tree = layerTree(layers);
      const walk = (path: string): string[] =>
        tree.children(path).flatMap((name) => {
          const child = path === "" ? name : `${path}/${name}`;
          return [child, ...walk(child)];
        });
      expect(walk("")).toEqual(found);
    }),
  );
});
