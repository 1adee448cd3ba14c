import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CodeCache } from "./code-cache.ts";

let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "strake-code-"));
});

afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

describe("kept code", () => {
  test("is what was kept of the same script, and of no other", () => {
    new CodeCache(home, "one").write(Buffer.from("compiled"));
    expect(new CodeCache(home, "one").read()?.toString()).toBe("compiled");
    expect(new CodeCache(home, "other").read()).toBeUndefined();
  });

  test("of another kind is better than none, and is not kept for this one", () => {
    new CodeCache(home, "one").write(Buffer.from("general"));
    const special = new CodeCache(home, "one", "builder");
    expect([special.read()?.toString(), special.isKept]).toEqual(["general", false]);
    special.write(Buffer.from("special"));
    expect([special.read()?.toString(), special.isKept]).toEqual(["special", true]);
    expect(new CodeCache(home, "one").read()?.toString()).toBe("general");
  });

  test("is not taken when a byte of it has changed, or when it ends early", () => {
    const cache = new CodeCache(home, "one");
    cache.write(Buffer.from("compiled"));
    const file = join(home, "code", readdirSync(join(home, "code"))[0] as string);
    const bytes = readFileSync(file);
    for (const damaged of [bytes.subarray(0, -1), bytes.subarray(0, 10), Buffer.from(bytes).fill(0, 35, 36)]) {
      writeFileSync(file, damaged);
      expect(cache.read()).toBeUndefined();
    }
  });

  test("may be in a folder that has to be made, and is not there where none can be", () => {
    new CodeCache(join(home, "new/folder"), "one").write(Buffer.from("compiled"));
    expect(new CodeCache(join(home, "new/folder"), "one").read()?.toString()).toBe("compiled");
    writeFileSync(join(home, "file"), "");
    new CodeCache(join(home, "file"), "one").write(Buffer.from("compiled"));
    expect(new CodeCache(join(home, "file"), "one").read()).toBeUndefined();
  });

  test("of a month ago goes when other code is kept", () => {
    new CodeCache(home, "old").write(Buffer.from("compiled"));
    new CodeCache(home, "recent").write(Buffer.from("compiled"));
    const [old] = readdirSync(join(home, "code")).filter((name) => name.startsWith("old"));
    const longAgo = Date.now() / 1000 - 40 * 86_400;
    utimesSync(join(home, "code", old as string), longAgo, longAgo);
    new CodeCache(home, "new").write(Buffer.from("compiled"));
    expect(new CodeCache(home, "old").read()).toBeUndefined();
    expect(new CodeCache(home, "recent").read()).toBeDefined();
  });
});
