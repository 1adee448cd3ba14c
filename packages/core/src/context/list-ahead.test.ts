import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { FileTree } from "@strake/oci";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { listDirectory } from "./directory-listing.ts";
import { ignoreMatcher } from "./ignore.ts";
import { ListAhead, type ListDirectories } from "./list-ahead.ts";
import { localTree } from "./local-tree.ts";

let root: string;
/** The directories that were asked for, relative to the root. */
let asked: string[];

const list: ListDirectories = async (hosts) => {
  asked.push(...hosts.map((host) => host.slice(root.length + 1)));
  return hosts.map((host) => listDirectory(host));
};

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "strake-list-"));
  asked = [];
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Twenty directories with three files and a directory with a file each. */
function writeTree(below = ""): void {
  for (let at = 10; at < 30; at++) {
    mkdirSync(join(root, below, `d${at}`, "deep"), { recursive: true });
    for (const name of ["a", "b", "skipped", "deep/c"]) writeFileSync(join(root, below, `d${at}`, name), name);
  }
}

/** Walks as slowly as a walk does that lets answers in. */
async function walk(tree: FileTree, path = ""): Promise<unknown[]> {
  const found: unknown[] = [];
  for (const name of tree.children(path)) {
    const child = path === "" ? name : `${path}/${name}`;
    found.push(tree.get(child));
    await nextTurn();
    found.push(...(await walk(tree, child)));
  }
  return found;
}

describe("directories that threads read ahead of a walk", () => {
  test("are the same as those that the walk reads", async () => {
    writeTree();
    const ignore = ignoreMatcher(["**/skipped", "d17", "d18/deep", "!d18/deep/c"]);
    const expected = await walk(localTree(root, { ignore }));
    const ahead = new ListAhead(root, ignore, list);
    ahead.expect("");
    ahead.begin();
    expect(await walk(localTree(root, { ignore, ahead }))).toEqual(expected);
    expect(asked.length).toBeGreaterThan(10);
    expect(asked).not.toContain("d17");
    expect(new Set(asked).size).toBe(asked.length);
  });

  test("are taken from the end, while the walk begins at the front", async () => {
    writeTree();
    const ahead = new ListAhead(root, undefined, list);
    ahead.expect("");
    const tree = localTree(root, { ahead });
    tree.children("d10");
    ahead.begin();
    expect(asked.slice(0, 2)).toEqual(["d10/deep", "d29"]);
    await nextTurn();
    expect(asked).toContain("d29/deep");
    expect(asked).not.toContain("d10");
  });

  test("are none before it is worth it, and none that nobody walks through", async () => {
    writeTree("some");
    writeTree("other");
    const ahead = new ListAhead(root, undefined, list);
    const tree = localTree(root, { ahead });
    ahead.expect("some");
    tree.children("some");
    tree.children("other");
    expect(asked).toEqual([]);
    ahead.begin();
    await nextTurn();
    expect(asked.filter((path) => !path.startsWith("some/"))).toEqual([]);
    expect(asked).toContain("some/d29");
  });

  test("are read by the walk where threads cannot", async () => {
    writeTree();
    const expected = await walk(localTree(root));
    const none = new ListAhead(root, undefined, async (hosts) => hosts.map(() => undefined));
    const failing = new ListAhead(root, undefined, () => Promise.reject(new Error("no threads")));
    for (const ahead of [none, failing]) {
      ahead.expect("");
      ahead.begin();
      expect(await walk(localTree(root, { ahead }))).toEqual(expected);
    }
  });
});
