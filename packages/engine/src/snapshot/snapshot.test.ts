import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { contentBytes, type Entry, layerTree, parseDigest } from "@strake/oci";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { digestEntries } from "./digest-entries.ts";
import { readSnapshot } from "./read-snapshot.ts";
import { Snapshots } from "./snapshots.ts";
import { writeSnapshot } from "./write-snapshot.ts";

const isRoot = process.getuid?.() === 0 && process.platform === "linux";
if (!isRoot) console.log("skipped: overlayfs is mounted as root on Linux only");

/** The base that commands change: what an image's layers have. */
const base: Entry[] = [
  folder("a"),
  file("a/one", "1"),
  file("a/two", "2"),
  folder("a/deep"),
  file("a/deep/three", "3"),
  { ...folder("closed"), mode: 0o700, uid: 7, gid: 8 },
  file("closed/key", "k"),
  { ...file("setuid", "x"), mode: 0o4755 },
  { ...file("capable", "x"), xattrs: { "security.capability": capability() } },
  { ...file("a/named", "x"), xattrs: { "user.note": Buffer.from([0, 1, 255]) } },
  link("link", "a/one"),
  { ...file("hard", ""), type: "hardlink", linkname: "a/one", content: undefined } as unknown as Entry,
];

describe.skipIf(!isRoot)("a snapshot", () => {
  let root: string;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), "strake-snapshot-"));
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  /** Runs a script in a file system of the base, and reads what it changed. */
  async function changes(script: string, layers: readonly (readonly Entry[])[] = [base]): Promise<readonly Entry[]> {
    const at = mkdtempSync(join(root, "run-"));
    const lowers = layers.map((entries, index) => {
      const lower = join(at, `l${index}`);
      mkdirSync(lower);
      const below = layerTree(layers.slice(0, index));
      const tree = layerTree(layers.slice(0, index + 1));
      writeSnapshot(lower, entries, { tree, below, space: "trusted", epoch: undefined });
      return lower;
    });
    for (const name of ["upper", "work", "merged"]) mkdirSync(join(at, name));
    chmodSync(join(at, "upper"), 0o755);
    const options = `lowerdir=${lowers.reverse().join(":")},upperdir=${at}/upper,workdir=${at}/work`;
    const commands = `mount -t overlay overlay -o ${options} ${at}/merged && cd ${at}/merged && { ${script}\n}`;
    execFileSync("unshare", ["--mount", "--propagation", "private", "sh", "-ec", commands], { stdio: "pipe" });
    return readSnapshot(join(at, "upper"), async () => layerTree(layers), "trusted");
  }

  const paths = (entries: readonly Entry[]) => entries.map(({ path, type }) => `${path} ${type}`);

  it("of nothing is empty", async () => {
    expect(await changes("true")).toEqual([]);
  });

  it("has the files that were written, and not the folders they were written into", async () => {
    expect(paths(await changes("echo new > a/deep/four; mkdir -p x/y; echo z > x/y/z"))).toEqual([
      "a/deep/four file",
      "x directory",
      "x/y directory",
      "x/y/z file",
    ]);
  });

  it("has whiteouts for what was removed, though they are one file to the kernel", async () => {
    expect(paths(await changes("rm a/one a/two closed/key; rm -r a/deep"))).toEqual([
      "a/.wh.deep file",
      "a/.wh.one file",
      "a/.wh.two file",
      "closed/.wh.key file",
    ]);
  });

  it("has nothing of what came and went", async () => {
    expect(await changes("mkdir t; echo x > t/x; rm -r t; echo y > a/y; rm a/y")).toEqual([]);
  });

  it("hides what was in a folder that was made anew", async () => {
    expect(paths(await changes("rm -r a; mkdir a; echo n > a/new"))).toEqual([
      "a directory",
      "a/.wh..wh..opq file",
      "a/new file",
    ]);
  });

  it("shows a folder that took the place of a file, and the other way round", async () => {
    expect(paths(await changes("rm setuid; mkdir setuid; rm -r a/deep; echo f > a/deep"))).toEqual([
      "a/deep file",
      "setuid directory",
    ]);
  });

  it("shows changed owners and modes of folders and files", async () => {
    const entries = await changes("chown 5:6 a; chmod 1777 closed; chmod 2640 setuid");
    expect(entries.map(({ path, mode, uid, gid }) => [path, mode.toString(8), uid, gid])).toEqual([
      ["a", "755", 5, 6],
      ["closed", "1777", 7, 8],
      ["setuid", "2640", 0, 0],
    ]);
  });

  it("keeps links between new files, the first name in order being the file", async () => {
    const entries = await changes("echo x > z; ln z b; ln z a/c; ln -s ../nowhere s");
    expect(entries.map(({ path, type, linkname }) => [path, type, linkname])).toEqual([
      ["a/c", "file", undefined],
      ["b", "hardlink", "a/c"],
      ["s", "symlink", "../nowhere"],
      ["z", "hardlink", "a/c"],
    ]);
  });

  it("has devices and pipes, and no sockets", async () => {
    const entries = await changes(
      `mknod n c 1 3; mknod b b 259 300; mkfifo p; python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("s")'`,
    );
    expect(entries.map(({ path, type, device }) => [path, type, device])).toEqual([
      ["b", "block", { major: 259, minor: 300 }],
      ["n", "character", { major: 1, minor: 3 }],
      ["p", "fifo", undefined],
    ]);
  });

  it("keeps attributes and capabilities, also of files that are copied up", async () => {
    const entries = await changes("echo more >> a/named; chmod 700 capable; setfattr -n user.new -v v a/two");
    expect(Object.fromEntries(entries.map(({ path, xattrs }) => [path, Object.keys(xattrs ?? {})]))).toEqual({
      "a/named": ["user.note"],
      "a/two": ["user.new"],
      capable: ["security.capability"],
    });
    expect(Buffer.from(entries.find(({ path }) => path === "capable")?.xattrs?.["security.capability"] ?? [])).toEqual(
      capability(),
    );
  });

  it("keeps names of any bytes", async () => {
    const entries = await changes(`printf x > "$(printf 'a\\377b')"; printf y > "$(printf 'new\\nline')"`);
    expect(entries.map(({ path }) => path)).toEqual(["a\udcffb", "new\nline"]);
    const { entries: digested } = await digestEntries(entries, undefined);
    expect(digested.every(({ digest }) => digest !== undefined)).toBe(true);
  });

  it("refuses names that mean a removal", async () => {
    await expect(changes("echo x > .wh.file")).rejects.toMatchObject({ code: "reserved-name" });
  });

  it("laid over the base again shows what the command saw in the end", async () => {
    const script =
      "rm a/one; rm -r a/deep; mkdir a/deep; echo n > a/deep/n; chown 3:4 closed; ln -sf a/two link; echo 9 > hard";
    const once = await changes(script);
    const again = await changes("true; find . -mindepth 1 | sort > listing", [base, once]);
    const listing = again.find(({ path }) => path === "listing");
    const text = Buffer.from(contentBytes(listing as Entry)).toString();
    expect(text.split("\n").filter((line) => line !== "" && line !== "./listing")).toEqual(
      layerTree([base, once])
        .entries()
        .map(({ path }) => `./${path}`)
        .sort(),
    );
  });

  it("has one key however its files came to be, and another when one byte differs", async () => {
    const key = async (script: string) => (await digestEntries(await changes(script), undefined)).manifest;
    const first = await key("echo x > f; mkdir d; echo y > d/g");
    expect(await key("mkdir d; echo y > d/g; echo x > f")).toBe(first);
    expect(await key("mkdir d; echo y > d/g; echo z > f")).not.toBe(first);
  });

  it("takes many layers", async () => {
    const layers = [base, ...Array.from({ length: 20 }, (_, at): Entry[] => [file(`layer-${at}`, `${at}`)])];
    expect(paths(await changes("rm layer-3; echo x >> layer-19", layers))).toEqual([
      ".wh.layer-3 file",
      "layer-19 file",
    ]);
  });

  it("is made once, kept by its key, and taken over from a command", async () => {
    const store = mkdtempSync(join(root, "store-"));
    const snapshots = new Snapshots(store, "trusted");
    const key = parseDigest(`sha256:${"ab".repeat(32)}`);
    let made = 0;
    const recipe = {
      entries: async () => {
        made += 1;
        return base;
      },
      below: async () => [],
      epoch: undefined,
    };
    const [first, second] = await Promise.all([snapshots.ensure(key, recipe), snapshots.ensure(key, recipe)]);
    expect(first).toBe(second);
    expect(await new Snapshots(store, "trusted").ensure(key, recipe)).toBe(first);
    expect(made).toBe(1);

    const scratch = snapshots.scratch(first);
    writeFileSync(join(scratch.upper, "new"), "x");
    const other = parseDigest(`sha256:${"cd".repeat(32)}`);
    const entries = async () => [file("new", "x")];
    expect(await snapshots.find(other, entries)).toBeUndefined();
    expect(snapshots.adopt(other, scratch.upper)).toBe(await snapshots.find(other, entries));
    scratch.dispose();
    expect(execFileSync("ls", [join(store, "scratch")], { encoding: "utf8" })).toBe("");
  });

  it("is made again where the machine went down before its files were on the disk", async () => {
    const store = mkdtempSync(join(root, "store-"));
    const key = parseDigest(`sha256:${"ab".repeat(32)}`);
    const recipe = { entries: async () => base, below: async () => [], epoch: undefined };
    const made = await new Snapshots(store, "trusted").ensure(key, recipe);
    const lose = () => {
      truncateSync(join(made, "a/one"));
      utimesSync(made, 1, 1);
    };
    const restarted = new Snapshots(store, "trusted");

    utimesSync(made, 1, 1);
    expect(await restarted.find(key, recipe.entries)).toBe(made);
    lose();
    expect(await restarted.find(key, recipe.entries, { readOnly: true })).toBeUndefined();
    expect(await restarted.find(key, recipe.entries)).toBeUndefined();
    expect(existsSync(made)).toBe(false);

    const again = await new Snapshots(store, "trusted").ensure(key, recipe);
    lose();
    expect(await new Snapshots(store, "trusted").ensure(key, recipe)).toBe(again);
    expect(readFileSync(join(again, "a/one")).length).toBeGreaterThan(0);
  });

  it("gives commands the root folder of the layers below", () => {
    const store = mkdtempSync(join(root, "store-"));
    const lower = join(store, "lower");
    mkdirSync(lower);
    chownSync(lower, 11, 12);
    chmodSync(lower, 0o1711);
    const { upper } = new Snapshots(store, "trusted").scratch(lower);
    expect(execFileSync("stat", ["-c", "%a %u %g", upper], { encoding: "utf8" }).trim()).toBe("1711 11 12");
  });
});

function file(path: string, text: string): Entry {
  const bytes = Buffer.from(text);
  return {
    path,
    type: "file",
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: bytes.length,
    mtime: 5,
    content: { from: "bytes", bytes },
  };
}

function folder(path: string): Entry {
  return { path, type: "directory", mode: 0o755, uid: 0, gid: 0, size: 0, mtime: 5 };
}

function link(path: string, linkname: string): Entry {
  return { path, type: "symlink", mode: 0o777, uid: 0, gid: 0, size: 0, mtime: 5, linkname };
}

/** `cap_net_raw=ep`, as the kernel keeps it (capability version 2). */
function capability(): Buffer {
  const bytes = Buffer.alloc(20);
  bytes.writeUInt32LE(0x02000001, 0);
  bytes.writeUInt32LE(1 << 13, 4);
  return bytes;
}
