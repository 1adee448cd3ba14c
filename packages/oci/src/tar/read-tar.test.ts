import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OciError } from "../oci-error.ts";
import type { Entry } from "../tree/entry.ts";
import { decodePath, encodePath } from "../tree/path-bytes.ts";
import { encodeHeader, type Header } from "./header.ts";
import { indexTar } from "./index-tar.ts";
import { encodePax } from "./pax.ts";
import { readTar } from "./read-tar.ts";
import { writeTar } from "./write-tar.ts";

/** Gives bytes in chunks of one length, the last one shorter. */
async function* chunked(bytes: Uint8Array, length = 65536): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

async function read(bytes: Uint8Array, length?: number): Promise<{ entry: Entry; text: string; offset: number }[]> {
  const members: { entry: Entry; text: string; offset: number }[] = [];
  for await (const { entry, offset, body } of readTar(chunked(bytes, length))) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of body()) chunks.push(chunk);
    members.push({ entry, offset, text: Buffer.concat(chunks).toString("latin1") });
  }
  return members;
}

const plain: Header = {
  name: "f",
  typeflag: "0",
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: 0,
  mtime: 0,
  linkname: "",
};

/** Makes a member by hand, for the forms that `writeTar` does not write. */
function member(header: Partial<Header>, body: Uint8Array | string = ""): Buffer {
  const bytes = Buffer.from(body);
  const padded = Buffer.alloc(512 + Math.ceil(bytes.length / 512) * 512);
  encodeHeader({ ...plain, size: bytes.length, ...header }, padded, 0);
  bytes.copy(padded, 512);
  return padded;
}

function pax(records: Record<string, string>, typeflag = "x"): Buffer {
  const list = Object.entries(records).map(([key, value]) => ({ key, value: Buffer.from(value, "latin1") }));
  return member({ name: "PaxHeaders.0/f", typeflag }, encodePax(list));
}

const end = Buffer.alloc(1024);
const tar = (...parts: Buffer[]) => Buffer.concat([...parts, end]);
const errorOf = (bytes: Uint8Array) =>
  read(bytes).then(
    () => undefined,
    (error: unknown) => error as OciError,
  );

describe("what was written", () => {
  const bytes = fc.uint8Array({ maxLength: 3000 });
  const name = fc
    .uint8Array({ minLength: 1, maxLength: 120 })
    .map((raw) => decodePath(raw.map((byte) => (byte === 0 || byte === 0x2f ? 0x61 : byte))))
    .filter((text) => text !== "." && text !== "..");
  const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((components) => components.join("/"));
  const xattrs = fc.dictionary(
    fc.string({ minLength: 1, maxLength: 20 }).map((text) => `user.${text.replaceAll("\0", "0")}`),
    fc.uint8Array({ maxLength: 300 }),
    { minKeys: 1, maxKeys: 3 },
  );
  const time = fc.oneof(
    fc.nat(2 ** 31),
    fc.integer({ min: -(2 ** 40), max: 2 ** 40 }).map((half) => half / 2),
  );
  const common = { path, mode: fc.nat(0o7777), uid: fc.nat(2 ** 32), gid: fc.nat(2 ** 32), mtime: time };
  const entry: fc.Arbitrary<Entry> = fc
    .record({
      ...common,
      kind: fc.oneof(
        bytes.map((content) => ({ type: "file", size: content.length, content: { from: "bytes", bytes: content } })),
        fc.constantFrom({ type: "directory", size: 0 }, { type: "fifo", size: 0 }),
        path.map((linkname) => ({ type: "hardlink", size: 0, linkname })),
        fc.tuple(fc.boolean(), path).map(([absolute, target]) => ({
          type: "symlink",
          size: 0,
          linkname: absolute ? `/${target}` : `../${target}`,
        })),
        fc.record({
          type: fc.constantFrom("character", "block"),
          size: fc.constant(0),
          device: fc.record({ major: fc.nat(4095), minor: fc.nat(2 ** 20 - 1) }),
        }),
      ),
      extra: fc.option(xattrs, { nil: undefined }),
    })
    .map(({ kind, extra, ...rest }) => ({ ...rest, ...kind, ...(extra && { xattrs: extra }) }) as Entry);

  it("is read back: odd names, attributes, large numbers, at every length of chunk", async () => {
    const property = fc.asyncProperty(fc.array(entry), fc.integer({ min: 1, max: 5000 }), async (entries, length) => {
      const tar = Buffer.concat([...writeTar(entries)]);
      const members = await read(tar, length);
      expect(members.map((member) => member.entry)).toEqual(entries.map(({ content: _, ...entry }) => entry));
      for (const [index, { content, size }] of entries.entries()) {
        const text = content?.from === "bytes" ? Buffer.from(content.bytes).toString("latin1") : "";
        const offset = members[index]?.offset as number;
        expect(members[index]?.text).toBe(text);
        expect(tar.toString("latin1", offset, offset + size)).toBe(text);
      }
    });
    await fc.assert(property);
  });

  it("with a file of 8 GiB and more is read without holding it", async () => {
    const size = 2 ** 33 + 5;
    const content = { from: "segments", path: "", segments: [] } as const;
    const entry: Entry = { path: "f", type: "file", mode: 0, uid: 0, gid: 0, size, mtime: 0, content };
    const [head] = [writeTar([entry]).next().value as Uint8Array];
    const zeros = new Uint8Array(1024 * 1024);
    async function* source(): AsyncGenerator<Uint8Array> {
      yield head.subarray(0, 1536);
      for (let left = Math.ceil(size / 512) * 512 + 1024; left > 0; left -= zeros.length) {
        yield zeros.subarray(0, Math.min(left, zeros.length));
      }
    }
    expect(await indexTar(source(), "t")).toEqual([{ ...entry, content: { from: "file", path: "t", offset: 1536 } }]);
  });
});

describe("a path", () => {
  it.each([
    ["./a//b/", "a/b"],
    ["/a/./b", "a/b"],
    ["a/.hidden", "a/.hidden"],
    ["...", "..."],
    ["./", ""],
    ["a/..b", "a/..b"],
  ])("%s becomes %j", async (name, path) => {
    const [only] = await read(tar(member({ name, typeflag: "5" })));
    expect(only?.entry.path).toBe(path);
  });

  it.each(["../a", "a/../b", "a/..", "..", "/../etc/passwd", "./../a"])("%s is refused", async (name) => {
    expect(await errorOf(tar(member({ name })))).toMatchObject({ code: "unsafe-path" });
    expect(await errorOf(tar(pax({ path: name }), member({})))).toMatchObject({ code: "unsafe-path" });
    expect(await errorOf(tar(member({ typeflag: "L" }, `${name}\0`), member({})))).toMatchObject({
      code: "unsafe-path",
    });
  });

  it("with NUL is refused", async () => {
    expect(await errorOf(tar(pax({ path: "a\0b" }), member({})))).toMatchObject({ code: "unsafe-path" });
    expect(await errorOf(tar(pax({ "GNU.sparse.name": "a\0b" }), member({})))).toMatchObject({ code: "unsafe-path" });
  });

  it("that is the root is refused for anything but a directory", async () => {
    expect(await errorOf(tar(member({ name: "./", typeflag: "2", linkname: "x" })))).toMatchObject({
      code: "invalid-tar",
    });
    expect(await errorOf(tar(member({ name: "." })))).toMatchObject({ code: "invalid-tar" });
  });

  it.each(["/etc/passwd", "../a", "a/../../b", "", "."])("%j as a hard link's target is refused", async (linkname) => {
    expect(await errorOf(tar(member({ typeflag: "1", linkname })))).toMatchObject({ code: "unsafe-path" });
  });

  it("of a symlink may lead anywhere, but not be empty", async () => {
    const [link] = await read(tar(member({ typeflag: "2", linkname: "../../etc" })));
    expect(link?.entry.linkname).toBe("../../etc");
    expect(await errorOf(tar(member({ typeflag: "2" })))).toMatchObject({ code: "invalid-tar" });
  });
});

describe("an extended header", () => {
  it("that is global holds until another one, or a local one, says otherwise", async () => {
    const members = await read(
      tar(
        pax({ uid: "7", mtime: "1.5", "SCHILY.xattr.user.g": "1" }, "g"),
        member({ name: "a" }),
        pax({ uid: "8", mtime: "", "SCHILY.xattr.user.l": "2" }),
        member({ name: "b", mtime: 3 }),
        pax({ uid: "" }, "g"),
        member({ name: "c", uid: 9 }),
      ),
    );
    expect(members.map(({ entry }) => [entry.path, entry.uid, entry.mtime, Object.keys(entry.xattrs ?? {})])).toEqual([
      ["a", 7, 1.5, ["user.g"]],
      ["b", 8, 3, ["user.g", "user.l"]],
      ["c", 9, 1.5, ["user.g"]],
    ]);
  });

  it("may say the size", async () => {
    const [only] = await read(tar(pax({ size: "3" }), member({ size: 0 }, "abc")));
    expect(only).toMatchObject({ text: "abc", entry: { size: 3 } });
  });

  it("keeps an attribute called __proto__ as a name like any other", async () => {
    const [only] = await read(tar(pax({ "SCHILY.xattr.__proto__": "x" }), member({})));
    expect(Object.entries(only?.entry.xattrs ?? {})).toEqual([["__proto__", new Uint8Array([0x78])]]);
  });

  it.each([
    { size: "-1" },
    { size: "1e3" },
    { uid: "1.5" },
    { mtime: "soon" },
    { size: "99999999999999999999" },
    { "GNU.sparse.map": "1,x" },
  ])("with a number that is none is refused: %j", async (records) => {
    expect(await errorOf(tar(pax(records as Record<string, string>), member({})))).toMatchObject({
      code: "invalid-tar",
    });
  });

  it("larger than 1 MiB is refused before it is read, as is a long name", async () => {
    for (const typeflag of ["x", "L", "K"]) {
      const error = await errorOf(member({ typeflag, size: 1024 * 1024 + 1 }));
      expect(error?.message).toMatch(/extended header of 1048577 bytes/);
    }
  });

  it("that is global may not grow without limit", async () => {
    const large = pax({ comment: "x".repeat(40_000) }, "g");
    expect((await errorOf(tar(large, large)))?.message).toMatch(/more than 65536 bytes/);
  });
});

describe("other members", () => {
  it("of old tars are directories by their slash", async () => {
    const old = member({ name: "d/", typeflag: "\0" });
    expect((await read(tar(old)))[0]?.entry).toMatchObject({ path: "d", type: "directory" });
  });

  it("have no content where they are links or directories, whatever size they state", async () => {
    const link = member({ name: "h", typeflag: "1", linkname: "f", size: 5000 });
    expect((await read(tar(link, member({ name: "next" })))).map(({ entry }) => entry.path)).toEqual(["h", "next"]);
  });

  it("of unknown type are refused, and a volume's label passed over", async () => {
    expect((await errorOf(tar(member({ typeflag: "M" }))))?.message).toMatch(/"f" of the tar has the unknown type "M"/);
    expect(await read(tar(member({ typeflag: "V" })))).toEqual([]);
  });
});

describe("the end of a tar", () => {
  const whole = tar(member({ name: "a" }, "content"), member({ name: "b" }, "x".repeat(600)));

  it("may be missing where a member ends", async () => {
    expect(await read(whole.subarray(0, 1024))).toHaveLength(1);
    expect(await read(whole.subarray(0, 2560))).toHaveLength(2);
    expect(await read(whole.subarray(0, 3072))).toHaveLength(2);
    expect(await read(Buffer.alloc(0))).toEqual([]);
  });

  it("anywhere else is an error that names the member", async () => {
    for (let length = 1; length < 2560; length++) {
      if (length === 1024) continue;
      const error = await errorOf(whole.subarray(0, length));
      expect(error).toMatchObject({ code: "invalid-tar" });
      if (length > 512) expect(error?.message).toContain(length < 1536 ? 'cut off in or after "a"' : '"b"');
    }
  });

  it("after a header that waits for its member is an error", async () => {
    expect(await errorOf(tar(pax({ uid: "1" })))).toMatchObject({ code: "invalid-tar" });
    expect(await errorOf(member({ typeflag: "L" }, "name\0"))).toMatchObject({ code: "invalid-tar" });
  });

  it("is two zero blocks; one alone is an error, and what follows them is read but not looked at", async () => {
    const single = Buffer.concat([member({}), Buffer.alloc(512), member({})]);
    expect((await errorOf(single))?.message).toMatch(/single zero block/);
    let finished = false;
    async function* source(): AsyncGenerator<Uint8Array> {
      yield tar(member({}));
      yield Buffer.from("anything");
      finished = true;
    }
    for await (const _ of readTar(source()));
    expect(finished).toBe(true);
  });
});

describe("reading", () => {
  const two = tar(member({ name: "a" }, "A".repeat(2000)), member({ name: "b" }, "B"));

  it("skips what is not read of a member", async () => {
    const seen: string[] = [];
    for await (const { entry, body } of readTar(chunked(two, 700))) {
      seen.push(entry.path);
      for await (const _ of body()) break;
    }
    expect(seen).toEqual(["a", "b"]);
  });

  it("refuses the content of a member that has gone by", async () => {
    const members = [];
    for await (const member of readTar(chunked(two))) members.push(member);
    await expect(members[0]?.body()[Symbol.asyncIterator]().next()).rejects.toThrowError(/until the next member/);
  });

  it("tells the source when the reader stops early", async () => {
    let closed = false;
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        yield two;
      } finally {
        closed = true;
      }
    }
    for await (const _ of readTar(source())) break;
    expect(closed).toBe(true);
  });

  it("passes on the error of the source", async () => {
    // biome-ignore lint/correctness/useYield: fails before anything is read
    async function* source(): AsyncGenerator<Uint8Array> {
      throw new Error("lost connection");
    }
    await expect(indexTar(source())).rejects.toThrowError("lost connection");
  });
});

describe("bytes that are no tar", () => {
  const sample = Buffer.concat([
    ...writeTar([
      { path: "d", type: "directory", mode: 0o755, uid: 0, gid: 0, size: 0, mtime: 0 },
      {
        path: `d/${"ü".repeat(90)}`,
        type: "file",
        mode: 0o644,
        uid: 3_000_000,
        gid: 0,
        size: 700,
        mtime: 1.5,
        xattrs: { "user.a": encodePath("b") },
        content: { from: "bytes", bytes: Buffer.alloc(700, "x") },
      },
      { path: "l", type: "hardlink", mode: 0o644, uid: 0, gid: 0, size: 0, mtime: 0, linkname: "d/x" },
    ]),
  ]);
  const sparse = tar(
    pax({ "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "s", "GNU.sparse.realsize": "5000" }),
    member({}, Buffer.concat([Buffer.from("1\n1000\n3\n".padEnd(512, "\0")), Buffer.from("abc")])),
    pax({ "GNU.sparse.map": "0,1,9,2", "GNU.sparse.size": "20" }),
    member({}, "abc"),
  );

  async function expectTarError(bytes: Uint8Array): Promise<void> {
    try {
      for await (const { body } of readTar(chunked(bytes, 600))) {
        let seen = 0;
        for await (const chunk of body()) {
          seen += chunk.length;
          if (seen > 1_000_000) break;
        }
      }
    } catch (error) {
      if (!OciError.is(error)) throw error;
    }
  }

  /** Sets the checksum right again, so that what a mutation means is read. */
  function withChecksums(bytes: Buffer): Buffer {
    for (let at = 0; at + 512 <= bytes.length; at += 512) {
      if (bytes.toString("latin1", at + 257, at + 262) !== "ustar") continue;
      bytes.fill(0x20, at + 148, at + 156);
      const sum = bytes.subarray(at, at + 512).reduce((total, byte) => total + byte, 0);
      bytes.write(`${sum.toString(8).padStart(6, "0")}\0 `, at + 148, "latin1");
    }
    return bytes;
  }

  it("end in an OciError or are read, never in anything else", async () => {
    const change = fc.record({ at: fc.nat(), value: fc.nat(255) });
    const property = fc.asyncProperty(
      fc.constantFrom(sample, sparse),
      fc.array(change, { minLength: 1, maxLength: 6 }),
      fc.boolean(),
      fc.nat(),
      async (base, changes, repaired, cut) => {
        const bytes = Buffer.from(base);
        for (const { at, value } of changes) bytes[at % bytes.length] = value;
        if (repaired) withChecksums(bytes);
        await expectTarError(cut % 3 === 0 ? bytes.subarray(0, cut % bytes.length) : bytes);
      },
    );
    await fc.assert(property, { numRuns: 2000 });
  });

  it("of any kind do the same", async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 2000, size: "max" }), expectTarError));
  });
});
