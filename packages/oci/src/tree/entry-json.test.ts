import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Entry } from "./entry.ts";
import { decodeEntries, encodeEntries } from "./entry-json.ts";
import { decodePath } from "./path-bytes.ts";

const count = fc.maxSafeNat();
const name = fc
  .uint8Array({ minLength: 1, maxLength: 12 })
  .map((raw) => decodePath(raw.map((byte) => (byte === 0 || byte === 0x2f ? 0x61 : byte))))
  .filter((text) => text !== "." && text !== "..");
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join("/"));
const bytes = fc.uint8Array({ maxLength: 50 }).map((raw) => new Uint8Array(raw));
const content = fc.oneof(
  fc.record({ from: fc.constant("bytes"), bytes }),
  fc.record({ from: fc.constant("file"), path: fc.constantFrom("/a", "/b\udcff"), offset: count }),
  fc.record({
    from: fc.constant("segments"),
    path: fc.constantFrom("/a", "/c"),
    segments: fc.array(fc.record({ at: count, offset: count, length: count }), { maxLength: 3 }),
  }),
);
const kind = fc.oneof(
  fc.record(
    { type: fc.constant("file"), content, digest: fc.constant(`sha256:${"0".repeat(64)}`) },
    { requiredKeys: ["type"] },
  ),
  fc.record({ type: fc.constantFrom("symlink", "hardlink"), linkname: path }),
  fc.record({ type: fc.constantFrom("character", "block"), device: fc.record({ major: count, minor: count }) }),
  fc.record({ type: fc.constantFrom("fifo", "directory") }),
);
const entry = fc
  .record({
    path,
    mode: fc.nat(0o7777),
    uid: count,
    gid: count,
    size: count,
    mtime: fc.oneof(fc.maxSafeInteger(), fc.double({ noNaN: true, noDefaultInfinity: true })).map((time) => time + 0),
    kind,
    extra: fc.option(fc.dictionary(fc.string(), bytes), { nil: undefined }),
  })
  .map(({ kind, extra, ...rest }) => ({ ...rest, ...kind, ...(extra && { xattrs: extra }) }) as Entry);

it("gives back every entry, also after being stored as UTF-8", () => {
  fc.assert(
    fc.property(fc.array(entry), (entries) => {
      const stored = Buffer.from(encodeEntries(entries), "utf8").toString("utf8");
      expect(decodeEntries(stored)).toEqual(entries);
    }),
  );
});

it("is a table with host paths written once", () => {
  const common = { mode: 0o644, uid: 0, gid: 0, size: 1, mtime: 0 } as const;
  const at = (path: string, offset: number): Entry => ({
    path,
    type: "file",
    ...common,
    content: { from: "file", path: "/l.tar", offset },
  });
  expect(encodeEntries([at("a", 512), at("b", 1536)])).toBe(
    '{"version":1,"files":["/l.tar"],"entries":[["a","f",420,0,0,1,0,{"c":[0,512]}],["b","f",420,0,0,1,0,{"c":[0,1536]}]]}',
  );
});

describe("what is no list of entries is refused", () => {
  const row = (...fields: unknown[]) => JSON.stringify({ version: 1, files: ["/a"], entries: [fields] });
  const file = ["a", "f", 420, 0, 0, 1, 0];
  const changed = (index: number, value: unknown) => row(...file.with(index, value as string));
  it.each([
    ["text", "{"],
    ["null", "null"],
    ["another version", '{"version":2,"files":[],"entries":[]}'],
    ["no entries", '{"version":1,"files":[]}'],
    ["a host path that is a number", '{"version":1,"files":[1],"entries":[]}'],
    ["an entry that is no row", '{"version":1,"files":[],"entries":[{}]}'],
    ["a short row", row("a", "f")],
    ["a long row", row(...file, {}, {})],
    ["an absolute path", changed(0, "/a")],
    ["a path that leads out", changed(0, "a/../b")],
    ["a path with a doubled slash", changed(0, "a//b")],
    ["a path with a slash at its end", changed(0, "a/")],
    ["a path with a dot", changed(0, "./a")],
    ["a path with NUL", changed(0, "a\0")],
    ["an unknown type", changed(1, "z")],
    ["an inherited type", changed(1, "constructor")],
    ["a mode too large", changed(2, 0o10000)],
    ["a negative owner", changed(3, -1)],
    ["a size that is not whole", changed(5, 1.5)],
    ["a time that is text", changed(6, "0")],
    ["a rest that is null", row(...file, null)],
    ["a rest that is a number", row(...file, 5)],
    ["a malformed digest", row(...file, { h: "sha256:0" })],
    ["attributes that are not base64", row(...file, { x: { "user.a": "!!!!" } })],
    ["attributes that are numbers", row(...file, { x: { "user.a": 5 } })],
    ["an unknown file", row(...file, { c: [1, 0] })],
    ["a file that is a name", row(...file, { c: ["length", 0] })],
    ["a negative offset", row(...file, { c: [0, -1] })],
    ["half a segment", row(...file, { c: [0, [1, 2]] })],
    ["content that is a number", row(...file, { c: 5 })],
    ["a malformed device", row(...file, { v: [1] })],
    ["a file with a link's target", row(...file, { l: "b" })],
    ["a symlink without target", changed(1, "l")],
    ["a hard link that leads out", row(...file.with(1, "h"), { l: "../a" })],
  ])("%s", (_, text) => {
    expect(() => decodeEntries(text)).toThrowError(expect.objectContaining({ code: "invalid-document" }));
  });
});
