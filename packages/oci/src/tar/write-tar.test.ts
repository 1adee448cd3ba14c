import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { sha256 } from "../hash.ts";
import type { Entry } from "../tree/entry.ts";
import { decodePath } from "../tree/path-bytes.ts";
import { tarLength, writeTar } from "./write-tar.ts";

const directory = mkdtempSync(join(tmpdir(), "write-tar-"));
afterAll(() => rmSync(directory, { recursive: true }));

const time = 1_700_000_000;
const base = { mode: 0o644, uid: 0, gid: 0, size: 0, mtime: time } as const;

function file(path: string, text: string, more: Partial<Entry> = {}): Entry {
  const bytes = Buffer.from(text);
  return { path, type: "file", ...base, size: bytes.length, content: { from: "bytes", bytes }, ...more };
}

function write(entries: Iterable<Entry>, epoch?: number): Buffer {
  return Buffer.concat([...writeTar(entries, epoch === undefined ? {} : { epoch })]);
}

describe("the bytes", () => {
  const long = "d/".repeat(60) + "n".repeat(60);
  const link = { type: "symlink", ...base, mode: 0o777 } as const;
  const capability = Buffer.from("0100000200200000000000000000000000000000", "hex");
  // Digests of what archive/tar of Go 1.26 writes for the same members.
  const golden: Record<string, [Entry, string]> = {
    "of a plain file": [
      file("a/b.txt", "hello\n", { uid: 1000, gid: 100 }),
      "2f740e124305377c965b710b2101b2c0dae7d70a1ca5b0e313fe9e52e208884b",
    ],
    "of a directory": [
      { path: "a", type: "directory", ...base, mode: 0o755, mtime: 0 },
      "0b2013b1a27ffb28c5d943d81556598dcb8502712577cf6318140e9412ab590b",
    ],
    "of a symlink": [
      { ...link, path: "l", linkname: "../x", mtime: 0 },
      "a63410732472362e50cdef78f5559b021c3e4ff42887c557c97fbf7d86d4701c",
    ],
    "of a device": [
      { path: "dev/null", type: "character", ...base, mode: 0o666, mtime: 0, device: { major: 1, minor: 3 } },
      "d0f97f96e836ba7772a0c3d3add33d6f3ca08f54f8be179b20d906de58b3d3ef",
    ],
    "of a long name that splits at a slash": [
      file(long, "x"),
      "e71dda4e28be1285f488b9e4655bd2abb852c53e3cd4ca89a2df49425d61d2ea",
    ],
    "of a long name that does not": [
      file(`x/${"n".repeat(150)}`, "x"),
      "ac71afcfb6ceb6bb7cb14c841ca0ee2b5cf78e3529cd3933d6bea2cb1de66a00",
    ],
    "of a long link": [
      { ...link, path: "l", linkname: long },
      "16a55aa818d667a5287600c2ffbc5fc769dfc02e06b309401244226caad3c56d",
    ],
    "of a long name with a long link": [
      { ...link, path: long, linkname: long },
      "246b8726114838c093050c79eb55d2ab9fc3f59dec08340fd5903282c4578b09",
    ],
    "of a name in UTF-8": [
      { path: "d/grüße", type: "directory", ...base, mode: 0o755 },
      "91d1501067ac591a8d1729d0e5a768917cc602b0ce615460edc68d142be760e9",
    ],
    "of a name that is not UTF-8": [
      file(decodePath(Buffer.from("caf\xe9", "latin1")), "x"),
      "9c4d79fa61001f964ee3bfdbd1397b0fff2795117b89599ae334ada339ddeac2",
    ],
    "of extended attributes": [
      file("bin/ping", "x", {
        mode: 0o755,
        xattrs: { "user.a": Buffer.from("b\n"), "security.capability": capability },
      }),
      "eea6e8ae20664153cf2cd7aa57a408a3b4e2bf7b4885fb3e3157c6a2e0ef05ac",
    ],
    "of a time with a fraction": [
      file("f", "x", { mtime: time + 0.5 }),
      "9916659ddcfad57d51e25eb471ce7fd13c77f86e8ba2dcf1ac5809aa3a9e3eeb",
    ],
    "of a time before 1970": [
      file("f", "x", { mtime: -5 }),
      "433256d4576eae2e1052c5f198059cfa3c9a2f288ceba989265822fb54b9763d",
    ],
    "of large owners": [
      file("f", "x", { uid: 3_000_000, gid: 2_097_152 }),
      "e67798fa08457949d2d03cec9c7fd10bee3d2a8206836e9cb663ad8fb342ac0f",
    ],
  };
  it.each(Object.entries(golden))("%s are those of Go's archive/tar", (_, [entry, digest]) => {
    expect(sha256(write([entry]))).toBe(`sha256:${digest}`);
    expect(tarLength([entry])).toBe(write([entry]).length);
  });

  it("of a size of 8 GiB are those of Go's archive/tar", () => {
    const sparse: Entry = {
      path: "f",
      type: "file",
      ...base,
      size: 2 ** 33,
      content: { from: "segments", path: "", segments: [] },
    };
    const head = writeTar([sparse]).next().value as Uint8Array;
    expect(sha256(head.subarray(0, 1536))).toBe(
      "sha256:beaa9d316dae35843920c920f346b7a0e93c6863b756e31491eb3f89472ef207",
    );
    expect(tarLength([sparse])).toBe(1536 + 2 ** 33 + 1024);
  });

  it("of no entries are two zero blocks", () => {
    expect(write([])).toEqual(Buffer.alloc(1024));
    expect(tarLength([])).toBe(1024);
  });

  it("have times after the epoch set back to it, and earlier ones left alone", () => {
    const entries = [file("a", "", { mtime: time }), file("b", "", { mtime: 5.5 })];
    expect(write(entries, 1000)).toEqual(write([file("a", "", { mtime: 1000 }), file("b", "", { mtime: 5.5 })]));
    expect(tarLength([file("a", "", { mtime: time + 0.5 })], { epoch: 1000 })).toBe(512 + 1024);
  });

  it("do not hang on the order in which attributes were set", () => {
    const value = Buffer.from("1");
    expect(write([file("a", "", { xattrs: { "user.b": value, "user.a": value } })])).toEqual(
      write([file("a", "", { xattrs: { "user.a": value, "user.b": value } })]),
    );
  });
});

describe("the content", () => {
  const source = join(directory, "source");
  const bytes = Buffer.alloc(3 * 1024 * 1024 + 77, "some content ");
  writeFileSync(source, bytes);
  const fromFile = (size: number, offset = 0): Entry => ({
    path: "f",
    type: "file",
    ...base,
    size,
    content: { from: "file", path: source, offset },
  });

  it("comes in chunks of 1 MiB that share no memory", () => {
    const chunks = [...writeTar([fromFile(bytes.length), file("g", "x")])];
    expect(chunks.slice(0, -1).map((chunk) => chunk.length)).toEqual([1048576, 1048576, 1048576]);
    expect(new Set(chunks.map((chunk) => chunk.buffer)).size).toBe(chunks.length);
    expect(
      Buffer.concat(chunks)
        .subarray(512, 512 + bytes.length)
        .equals(bytes),
    ).toBe(true);
  });

  it("comes from a file at an offset", () => {
    expect(write([fromFile(10, 5)]).subarray(512, 522)).toEqual(bytes.subarray(5, 15));
  });

  it("of a sparse file is written with its holes", () => {
    const segments = [
      { at: 3, offset: 100, length: 4 },
      { at: 2_000_000, offset: 200, length: 5 },
    ];
    const entry: Entry = {
      ...fromFile(2_000_100),
      content: { from: "segments", path: source, segments },
    };
    const expected = Buffer.alloc(2_000_100);
    bytes.copy(expected, 3, 100, 104);
    bytes.copy(expected, 2_000_000, 200, 205);
    expect(
      write([entry])
        .subarray(512, 512 + 2_000_100)
        .equals(expected),
    ).toBe(true);
  });

  it.each([
    ["longer, within a chunk", 1000],
    ["longer by one byte", bytes.length - 1],
    ["longer, where its end falls on a chunk's end", 1024 * 1024 - 512],
    ["longer, where nothing was expected", 0],
    ["shorter", bytes.length + 1],
  ])("of a file that has become %s is refused", (_, size) => {
    expect(() => write([fromFile(size)])).toThrowError(/source" changed while it was read/);
  });

  it("of a file that is gone is refused by its name", () => {
    const entry: Entry = { ...fromFile(1), content: { from: "file", path: join(directory, "gone"), offset: 0 } };
    expect(() => write([entry])).toThrowError(/gone" cannot be read/);
  });

  it("that nobody knows is refused", () => {
    expect(() => write([{ path: "f", type: "file", ...base, size: 1 }])).toThrowError(/content of "f" is not known/);
  });

  it.skipIf(process.platform !== "linux")("has no file open between two chunks, nor after a failure", () => {
    const open = () => readdirSync("/proc/self/fd").filter((descriptor) => targetOf(descriptor) === source);
    for (const _ of writeTar([fromFile(bytes.length)])) expect(open()).toEqual([]);
    for (const size of [0, 5, bytes.length + 1]) expect(() => write([fromFile(size)])).toThrowError();
    expect(open()).toEqual([]);
  });
});

/** The file behind a descriptor, or undefined for one that is gone since it was listed. */
function targetOf(descriptor: string): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return undefined;
  }
}

describe("what no tar can hold", () => {
  it.each<[string, Entry, RegExp]>([
    ["a name with NUL", file("a\0b", ""), /NUL/],
    ["a link with NUL", { path: "l", type: "symlink", ...base, linkname: "\0" }, /NUL/],
    ["a negative owner", file("a", "", { uid: -1 }), /uid -1 is out of range/],
    ["half an owner", file("a", "", { gid: 0.5 }), /gid 0.5 is out of range/],
    ["no time", file("a", "", { mtime: Number.NaN }), /time NaN is out of range/],
  ])("%s is refused", (_, entry, message) => {
    expect(() => write([entry])).toThrowError(message);
  });
});
