import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type FileToHash,
  fileToHash,
  type HashFiles,
  hashFile,
  type LocalEntry,
  type LocalTree,
  localTree,
} from "@strake/core/context";
import { sha256 } from "@strake/oci";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { HashAhead } from "./hash-ahead.ts";

let root: string;
let tree: LocalTree;
let calls: (readonly FileToHash[])[];

const hashFiles: HashFiles = async (files) => {
  calls.push(files);
  return files.map(hashFile);
};

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "strake-ahead-"));
  calls = [];
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function write(count: number): FileToHash[] {
  mkdirSync(join(root, "a"));
  for (let at = 0; at < count; at++) writeFileSync(join(root, "a", `f${at}`), `content ${at}`);
  tree = localTree(root);
  return Array.from({ length: count }, (_, at) => {
    const path = `a/f${at}`;
    const { size, mtimeMs, ctimeMs, ino } = tree.get(path) as LocalEntry;
    return { path: join(root, path), size, mtimeMs, ctimeMs, ino };
  });
}

function entry(at: number): LocalEntry {
  return tree.get(`a/f${at}`) as LocalEntry;
}

describe("hashing while files are found", () => {
  test("begins when there are enough of them, and asks for each once", async () => {
    const files = write(3100);
    const ahead = new HashAhead(hashFiles);
    for (let at = 0; at < 2600; at++) ahead.see(entry(at));
    expect(calls.map(({ length }) => length)).toEqual([2000, 500]);
    const wanted = [...files].reverse();
    expect(await ahead.hashFiles(wanted)).toEqual(wanted.map((_, at) => sha256(`content ${3099 - at}`)));
    expect(calls.map(({ length }) => length)).toEqual([2000, 500, 600]);
    await ahead.hashFiles(wanted.slice(-2000));
    expect(calls).toHaveLength(3);
  });

  test("asks once for what two steps copy, and lets the walk wait whenever it has asked", async () => {
    const files = write(2500);
    const ahead = new HashAhead(hashFiles);
    const turns = files.map((_, at) => ahead.see(entry(at)));
    expect(turns.flatMap((turn, at) => (turn === undefined ? [] : [at]))).toEqual([1999, 2499]);
    await Promise.all(turns);
    expect(files.map((_, at) => ahead.see(entry(at))).filter((turn) => turn !== undefined)).toEqual([]);
    await ahead.hashFiles(files);
    expect(calls.map(({ length }) => length)).toEqual([2000, 500]);
  });

  test("does not begin for a few", async () => {
    const files = write(20);
    const ahead = new HashAhead(hashFiles);
    for (let at = 0; at < 20; at++) ahead.see(entry(at));
    ahead.see(tree.get("a") as LocalEntry);
    expect(calls).toEqual([]);
    expect(await ahead.hashFiles(files.slice(0, 2))).toEqual([sha256("content 0"), sha256("content 1")]);
  });

  test("does not take what a file was when it was found for what it is", async () => {
    const files = write(2000);
    const ahead = new HashAhead(hashFiles);
    for (let at = 0; at < 2000; at++) ahead.see(entry(at));
    writeFileSync(join(root, "a/f7"), "other content");
    const again = localTree(root).get("a/f7") as LocalEntry;
    const changed = fileToHash(again) as FileToHash;
    expect(await ahead.hashFiles([changed])).toEqual([sha256("other content")]);
    expect(await ahead.hashFiles([files[8] as FileToHash])).toEqual([sha256("content 8")]);
  });

  test("fails only for whom the failure is", async () => {
    const files = write(2600);
    rmSync(join(root, "a/f3"));
    const ahead = new HashAhead(hashFiles);
    for (let at = 0; at < 2600; at++) ahead.see(entry(at));
    await expect(ahead.hashFiles(files.slice(0, 4))).rejects.toMatchObject({ code: "unreadable-file" });
    expect(await ahead.hashFiles(files.slice(2000, 2001))).toEqual([sha256("content 2000")]);
  });
});
