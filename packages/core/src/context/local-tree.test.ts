import { execFileSync } from "node:child_process";
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { comparePaths, type FileTree } from "@strake/oci";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ignoreMatcher } from "./ignore.ts";
import { localTree } from "./local-tree.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "strake-tree-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(...paths: string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), path);
  }
}

function walk(tree: FileTree, path = ""): string[] {
  return tree.children(path).flatMap((name) => {
    const child = path === "" ? name : `${path}/${name}`;
    return [child, ...walk(tree, child)];
  });
}

test("a file has the mode, size and time of the source, and belongs to nobody but root", () => {
  write("bin/tool");
  chmodSync(join(root, "bin/tool"), 0o4751);
  utimesSync(join(root, "bin/tool"), 1_700_000_000, 1_700_000_000.5);
  const { mtimeMs, ctimeMs, ino } = lstatSync(join(root, "bin/tool"));
  expect(localTree(root).get("bin/tool")).toEqual({
    path: "bin/tool",
    type: "file",
    mode: 0o4751,
    uid: 0,
    gid: 0,
    size: 8,
    mtime: 1_700_000_000.5,
    content: { from: "file", path: join(root, "bin/tool"), offset: 0 },
    mtimeMs,
    ctimeMs,
    ino,
  });
});

test("a walk is in tree order", () => {
  write("a.b", "a/z", "a/B", "a-b", "B", "\u{1f600}", "\uffee");
  const paths = walk(localTree(root));
  expect(paths).toEqual([...paths].sort(comparePaths));
  expect(paths).toHaveLength(8);
});

test("symlinks are not followed", () => {
  write("dir/file");
  symlinkSync("dir", join(root, "link"));
  const tree = localTree(root);
  expect(tree.get("link")).toMatchObject({ type: "symlink", linkname: "dir", size: 0 });
  expect(tree.get("link/file")).toBeUndefined();
  expect(tree.children("link")).toEqual([]);
});

test("the root is a directory, even where it is named by a symlink", () => {
  write("real/a");
  symlinkSync("real", join(root, "alias"));
  const tree = localTree(join(root, "alias"));
  expect(tree.get("")).toMatchObject({ path: "", type: "directory" });
  expect(tree.children("")).toEqual(["a"]);
});

test("hard links are files of their own", () => {
  write("a");
  linkSync(join(root, "a"), join(root, "b"));
  expect(localTree(root).get("b")).toMatchObject({ type: "file", size: 1 });
});

test.skipIf(process.platform === "win32")("pipes are kept and sockets left out", async () => {
  execFileSync("mkfifo", [join(root, "pipe")]);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(join(root, "socket"), resolve));
  const tree = localTree(root);
  expect(tree.children("")).toEqual(["pipe"]);
  expect(tree.get("pipe")).toMatchObject({ type: "fifo", size: 0 });
  server.close();
});

test.skipIf(process.platform !== "linux")("devices have their numbers", () => {
  expect(localTree("/dev").get("null")).toMatchObject({ type: "character", device: { major: 1, minor: 3 } });
});

test.skipIf(process.platform !== "linux")("names that are not UTF-8 survive", () => {
  const directory = Buffer.concat([Buffer.from(`${root}/d`), Buffer.from([0xff])]);
  mkdirSync(directory);
  writeFileSync(Buffer.concat([directory, Buffer.from("/\ufffd")]), "1");
  writeFileSync(Buffer.concat([directory, Buffer.from("/a"), Buffer.from([0xe9])]), "22");
  const tree = localTree(root);
  expect(walk(tree)).toEqual(["d\udcff", "d\udcff/a\udce9", "d\udcff/\ufffd"]);
  expect(tree.get("d\udcff/a\udce9")?.size).toBe(2);
});

test("ignored names do not exist", () => {
  write("node_modules/a/index.js", "src/a.ts", "src/a.log");
  const tree = localTree(root, { ignore: ignoreMatcher(["node_modules", "**/*.log"]) });
  expect(walk(tree)).toEqual(["src", "src/a.ts"]);
  expect(tree.get("node_modules")).toBeUndefined();
  expect(tree.get("node_modules/a/index.js")).toBeUndefined();
  expect(tree.children("node_modules")).toEqual([]);
  expect(tree.get("src/a.log")).toBeUndefined();
});

test("an ignored directory is there when something below it is taken in again, and only then", () => {
  write("a/kept/deep/file", "a/dropped/file", "b/file");
  const tree = localTree(root, { ignore: ignoreMatcher(["*", "!a/kept/**", "!b/none"]) });
  expect(walk(tree)).toEqual(["a", "a/kept", "a/kept/deep", "a/kept/deep/file"]);
  expect(tree.get("b")).toBeUndefined();
  expect(tree.get("a/kept/deep")).toMatchObject({ type: "directory" });
});

test("one tree is one view of the folder", () => {
  write("a");
  const tree = localTree(root);
  expect(tree.children("")).toEqual(["a"]);
  write("b");
  expect(tree.get("b")).toBeUndefined();
  expect(localTree(root).children("")).toEqual(["a", "b"]);
});

test("a root that is no directory is refused", () => {
  write("a");
  expect(() => localTree(join(root, "none"))).toThrow(`there is no folder ${root}/none`);
  expect(() => localTree(join(root, "a"))).toThrow("a is not a folder");
});

test("a directory that cannot be read is an error that names it, unless ignored", () => {
  write("secret/a");
  chmodSync(root, 0o755);
  chmodSync(join(root, "secret"), 0);
  // Root reads everything, so somebody else looks.
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(65534);
  try {
    expect(() => localTree(root).children("secret")).toThrow(`cannot read ${root}/secret`);
    const tree = localTree(root, { ignore: ignoreMatcher(["secret", "!**/b"]) });
    expect(tree.children("")).toEqual([]);
  } finally {
    if (isRoot) process.seteuid?.(0);
    chmodSync(join(root, "secret"), 0o700);
  }
});

test("the ignore patterns are asked once about each name", () => {
  write("kept", "left-out", "folder/taken-in", "folder/left-out");
  const ignore = ignoreMatcher(["left-out", "folder", "!folder/taken-in"]);
  const asked: string[] = [];
  const ignores = (path: string) => {
    asked.push(path);
    return ignore.ignores(path);
  };
  const tree = localTree(root, { ignore: { ...ignore, ignores } });
  expect(walk(tree)).toEqual(["folder", "folder/taken-in", "kept"]);
  expect(asked.sort()).toEqual(["folder", "folder/left-out", "folder/taken-in", "kept", "left-out"]);
});
