import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import type { Entry } from "../tree/entry.ts";
import { contentBytes } from "../tree/read-content.ts";
import { indexTar } from "./index-tar.ts";
import { writeTar } from "./write-tar.ts";

const directory = mkdtempSync(join(tmpdir(), "index-tar-"));
afterAll(() => rmSync(directory, { recursive: true }));

const base = { mode: 0o644, uid: 0, gid: 0, size: 0, mtime: 0 } as const;

function file(path: string, text: string): Entry {
  const bytes = Buffer.from(text);
  return { path, type: "file", ...base, size: bytes.length, content: { from: "bytes", bytes } };
}

function link(path: string, linkname: string): Entry {
  return { path, type: "hardlink", ...base, linkname };
}

async function index(entries: Entry[], storedAt?: string): Promise<Entry[]> {
  async function* source(): AsyncGenerator<Uint8Array> {
    yield* writeTar(entries);
  }
  return indexTar(source(), storedAt);
}

it("says where the content of each file is in the stored tar", async () => {
  const entries = [file("a", "one"), file(`d/${"long".repeat(60)}`, "x".repeat(2_000_000)), file("z", "")];
  const stored = join(directory, "layer.tar");
  writeFileSync(stored, Buffer.concat([...writeTar(entries)]));
  const indexed = await index(entries, stored);
  expect(indexed.map((entry) => Buffer.from(contentBytes(entry)).toString())).toEqual([
    "one",
    "x".repeat(2_000_000),
    "",
  ]);
  // Writing the index again gives the same tar.
  expect(Buffer.concat([...writeTar(indexed)]).equals(Buffer.concat([...writeTar(entries)]))).toBe(true);
});

it("has no content where the tar is not stored", async () => {
  expect((await index([file("a", "one")]))[0]).not.toHaveProperty("content");
});

it("keeps the last member of a path, at its own position", async () => {
  const entries = await index([file("a", "1"), file("b", "2"), file("a", "three")]);
  expect(entries.map(({ path, size }) => [path, size])).toEqual([
    ["b", 1],
    ["a", 5],
  ]);
});

it("keeps for hard links the file that they named, when its name is given to another", async () => {
  const entries = await index(
    [file("a", "1"), link("b", "a"), link("c", "b"), file("a", "three"), link("d", "a")],
    "t",
  );
  expect(entries.map(({ path, type, size, linkname }) => [path, type, size, linkname])).toEqual([
    ["b", "file", 1, undefined],
    ["c", "file", 1, undefined],
    ["a", "file", 5, undefined],
    ["d", "hardlink", 0, "a"],
  ]);
  expect(entries[1]?.content).toEqual(entries[0]?.content);
});

it("takes time in proportion to the tar, with a name replaced again and again under many links", async () => {
  const entries = [file("a", "1")];
  for (let index = 0; index < 20_000; index++) entries.push(link(`l${index}`, index % 2 ? "a" : `l${index - 1}`));
  for (let index = 0; index < 20_000; index++) entries.push(file("a", String(index)));
  expect(await index(entries)).toHaveLength(20_001);
});
