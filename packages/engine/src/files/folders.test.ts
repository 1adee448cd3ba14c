import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LocalEntry } from "@strake/core/context";
import { type ReadPieces, readPieces } from "@strake/oci";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Folders } from "./folders.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "strake-folders-"));
  for (const name of ["one", "two"]) writeFileSync(join(root, name), name);
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

/** The folder with both of its files in use. */
function openFolders(): Folders {
  const folders = new Folders({ caches: join(root, "caches"), readOnly: true });
  const { tree, use } = folders.open({ kind: "folder", name: "context", root });
  use(["one", "two"].map((path) => tree.get(path) as LocalEntry));
  return folders;
}

const change = (name: string) => utimesSync(join(root, name), 1, 1);

/** Reads a file after something else has been done since its digest was found. */
async function read(folders: Folders, name: string, meanwhile: () => void = () => {}): Promise<void> {
  const reading: ReadPieces = async (buffer, pieces) => {
    meanwhile();
    return readPieces(buffer, pieces);
  };
  const piece = { path: join(root, name), offset: 0, length: 3, at: 0, fileSize: 3 };
  await folders.readingPieces(reading)(Buffer.alloc(3), [piece]);
}

describe("files that a build reads", () => {
  test("are at rest until one of them changes", () => {
    expect(openFolders().atRest()).toBe(true);
    const folders = openFolders();
    change("two");
    expect(folders.atRest()).toBe(false);
  });

  test("are not at rest when one changes while it is read", async () => {
    const folders = openFolders();
    await read(folders, "one", () => change("one"));
    expect(folders.atRest()).toBe(false);
  });

  test("may change when they have been read, as long as nobody else is going to", async () => {
    const folders = openFolders();
    await read(folders, "one");
    change("one");
    expect(folders.atRest()).toBe(true);
    const others = openFolders();
    await read(others, "two");
    expect(others.atRest()).toBe(true);
    change("two");
    expect(others.atRest({ all: true })).toBe(false);
  });
});
