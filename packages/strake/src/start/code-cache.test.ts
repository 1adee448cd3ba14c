import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CodeCache, type Compiled } from "./code-cache.ts";

let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "strake-code-"));
});

afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

function compiled(code: string): Compiled {
  return { size: () => code.length, code: () => Buffer.from(code) };
}

describe("kept code", () => {
  test("is what was kept of the same script, and of no other", () => {
    new CodeCache(home, "one").keep(compiled("compiled"));
    expect(new CodeCache(home, "one").read()?.toString()).toBe("compiled");
    expect(new CodeCache(home, "other").read()).toBeUndefined();
  });

  test("of another kind is better than none, and is not kept for this one", () => {
    new CodeCache(home, "one").keep(compiled("general"));
    const special = new CodeCache(home, "one", "builder");
    expect(special.read()?.toString()).toBe("general");
    special.keep(compiled("special"));
    expect(special.read()?.toString()).toBe("special");
    expect(new CodeCache(home, "one").read()?.toString()).toBe("general");
  });

  describe("that lacks much", () => {
    /** A process that has run until there was so much code, of which so much can be kept. */
    const run = (size: number | undefined, length: number) => {
      const cache = new CodeCache(home, "one");
      cache.read();
      const code = vi.fn(() => Buffer.alloc(length));
      cache.keep({ size: () => size, code });
      return { kept: new CodeCache(home, "one").read()?.length, asked: code.mock.calls.length };
    };
    const kept = () => join(home, "code", readdirSync(join(home, "code"))[0] as string);
    const setAge = (hours: number) => {
      const then = Date.now() / 1000 - hours * 3600;
      utimesSync(kept(), then, then);
    };

    test("is replaced by what is better, until there is nothing to add", () => {
      expect(run(200_000, 1000)).toEqual({ kept: 1000, asked: 1 });
      expect(run(900_000, 5000)).toEqual({ kept: 5000, asked: 1 });
      expect(run(900_000, 5050)).toEqual({ kept: 5000, asked: 1 });
      expect(run(900_000, 5050)).toEqual({ kept: 5000, asked: 0 });
    });

    test("is looked at again after an hour, and replaced by a process that has much more code", () => {
      run(900_000, 5000);
      run(900_000, 5000);
      expect(run(2_000_000, 9000)).toEqual({ kept: 5000, asked: 0 });
      setAge(2);
      expect(run(950_000, 9000)).toEqual({ kept: 5000, asked: 0 });
      expect(Date.now() - statSync(kept()).mtimeMs).toBeLessThan(600_000);
      setAge(2);
      expect(run(2_000_000, 9000)).toEqual({ kept: 9000, asked: 1 });
    });

    test("is due to be looked at until nothing is missing, and an hour later", () => {
      const isDue = () => {
        const cache = new CodeCache(home, "one");
        cache.read();
        return cache.isDue;
      };
      expect(isDue()).toBe(true);
      run(900_000, 5000);
      expect(isDue()).toBe(true);
      run(900_000, 5000);
      expect(isDue()).toBe(false);
      setAge(2);
      expect(isDue()).toBe(true);
    });

    test("stays where there is too much to count, or less than was kept", () => {
      run(900_000, 5000);
      expect(run(undefined, 9000)).toEqual({ kept: 5000, asked: 0 });
      expect(run(900_000, 300)).toEqual({ kept: 5000, asked: 1 });
    });

    test("is replaced by any that V8 does not refuse", () => {
      run(900_000, 5000);
      const cache = new CodeCache(home, "one");
      cache.read();
      cache.keep({ size: () => 1, code: () => Buffer.from("new") }, true);
      expect(new CodeCache(home, "one").read()?.toString()).toBe("new");
    });
  });

  test("is not taken when a byte of it has changed, or when it ends early", () => {
    const cache = new CodeCache(home, "one");
    cache.keep(compiled("compiled"));
    const file = join(home, "code", readdirSync(join(home, "code"))[0] as string);
    const bytes = readFileSync(file);
    for (const damaged of [bytes.subarray(0, -1), bytes.subarray(0, 10), Buffer.from(bytes).fill(0, 42, 43)]) {
      writeFileSync(file, damaged);
      expect(cache.read()).toBeUndefined();
    }
  });

  test("may be in a folder that has to be made, and is not there where none can be", () => {
    new CodeCache(join(home, "new/folder"), "one").keep(compiled("compiled"));
    expect(new CodeCache(join(home, "new/folder"), "one").read()?.toString()).toBe("compiled");
    writeFileSync(join(home, "file"), "");
    new CodeCache(join(home, "file"), "one").keep(compiled("compiled"));
    expect(new CodeCache(join(home, "file"), "one").read()).toBeUndefined();
  });

  test("of a month ago goes when other code is kept", () => {
    new CodeCache(home, "old").keep(compiled("compiled"));
    new CodeCache(home, "recent").keep(compiled("compiled"));
    const [old] = readdirSync(join(home, "code")).filter((name) => name.startsWith("old"));
    const longAgo = Date.now() / 1000 - 40 * 86_400;
    utimesSync(join(home, "code", old as string), longAgo, longAgo);
    new CodeCache(home, "new").keep(compiled("compiled"));
    expect(new CodeCache(home, "old").read()).toBeUndefined();
    expect(new CodeCache(home, "recent").read()).toBeDefined();
  });
});
