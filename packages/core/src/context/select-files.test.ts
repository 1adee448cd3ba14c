import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { comparePaths } from "@strake/oci";
import fc from "fast-check";
import fastGlob from "fast-glob";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ignoreMatcher } from "./ignore.ts";
import { localTree } from "./local-tree.ts";
import { selectFiles } from "./select-files.ts";

const files = [
  "package.json",
  "README.md",
  ".env",
  "src/main.ts",
  "src/main.test.ts",
  "src/.hidden/a.ts",
  "src/lib/a.ts",
  "src/lib/b.js",
  "src/lib/deep/er/a.ts",
  "src/Upper.TS",
  "test/a.ts",
  "node_modules/a/package.json",
  "src/node_modules/b/index.js",
  "odd/[a].txt",
  "odd/(b).txt",
  "odd/!c.txt",
];

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "strake-select-"));
  for (const file of files) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), file);
  }
  mkdirSync(join(root, "src/empty"));
});
afterAll(() => rmSync(root, { recursive: true }));

async function select(include: string[], exclude: string[] = []): Promise<readonly string[]> {
  return selectFiles(localTree(root), { base: "", include, exclude });
}

describe("a selection", () => {
  test("has everything below a folder, hidden names and empty folders too", async () => {
    expect(await select(["src/**"])).toEqual([
      "src/.hidden",
      "src/.hidden/a.ts",
      "src/Upper.TS",
      "src/empty",
      "src/lib",
      "src/lib/a.ts",
      "src/lib/b.js",
      "src/lib/deep",
      "src/lib/deep/er",
      "src/lib/deep/er/a.ts",
      "src/main.test.ts",
      "src/main.ts",
      "src/node_modules",
      "src/node_modules/b",
      "src/node_modules/b/index.js",
    ]);
  });

  test("of a whole folder is the same whether globs are needed for it or not", async () => {
    expect(await select(["src/**"])).toEqual(await select(["src/**"], ["nothing"]));
    expect(await select(["**"])).toEqual(await select(["**"], ["nothing"]));
    expect(await select(["./src/**/*"])).toEqual(await select(["src/**/*"], ["nothing"]));
  });

  test("leaves out what is excluded", async () => {
    expect(await select(["src/**/*.ts"], ["**/*.test.ts", "**/.hidden"])).toEqual([
      "src/lib/a.ts",
      "src/lib/deep/er/a.ts",
      "src/main.ts",
    ]);
  });

  test("lists a file once that several patterns match", async () => {
    expect(await select(["package.json", "*.json"])).toEqual(["package.json"]);
  });

  test("knows braces, classes, extended globs and escapes", async () => {
    expect(await select(["{src,test}/[lm]*/+(a|b).{ts,js}", "odd/\\[a\\].txt"])).toEqual([
      "odd/[a].txt",
      "src/lib/a.ts",
      "src/lib/b.js",
    ]);
  });

  test("takes symlinks as they are and does not follow them", async () => {
    symlinkSync("src", join(root, "link"));
    try {
      expect(await select(["**/main.ts", "lin*"])).toEqual(["link", "src/main.ts"]);
    } finally {
      rmSync(join(root, "link"));
    }
  });

  test("does not have what the tree ignores", async () => {
    const tree = localTree(root, { ignore: ignoreMatcher(["**/node_modules", "**/*.md"]) });
    const selection = { base: "", include: ["**/*.json", "*.md"], exclude: [] };
    expect(await selectFiles(tree, selection)).toEqual(["package.json"]);
  });

  test("is refused when nothing matches", async () => {
    await expect(select(["*.none", "x"])).rejects.toThrow('no file matches "*.none", "x"');
    await expect(select(["src/**"], ["**"])).rejects.toThrow('no file matches "src/**"');
  });
});

test("a selection of files is what fast-glob selects on the disk", async () => {
  const names = ["src", "lib", "*", "a*", "*.ts", "{src,test}", "node_modules", "?*", ".*", "*.@(ts|js)"];
  const folder = fc.oneof(fc.constantFrom(...names), fc.constant("**"));
  const glob = fc
    .tuple(fc.array(folder, { maxLength: 3 }), fc.constantFrom(...names))
    .map(([folders, last]) => [...folders, last].join("/"));
  const excluded = fc.oneof(glob, fc.constantFrom("**/node_modules", "**/*.test.ts", "src/**"));
  const tree = localTree(root);
  await fc.assert(
    fc.asyncProperty(
      fc.array(glob, { minLength: 1, maxLength: 3 }).filter((globs) => !globs.some((each) => each.endsWith("**/*"))),
      fc.array(excluded, { maxLength: 2 }),
      async (include, exclude) => {
        const options = { cwd: root, dot: true, followSymbolicLinks: false, ignore: exclude };
        const expected = fastGlob.sync(include, options).sort(comparePaths);
        const found = selectFiles(tree, { base: "", include, exclude });
        if (expected.length === 0) await expect(found).rejects.toThrow("no file matches");
        else expect(await found).toEqual(expected);
      },
    ),
    { numRuns: 300 },
  );
});
