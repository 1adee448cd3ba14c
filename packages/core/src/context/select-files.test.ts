import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { comparePaths } from "@strake/oci";
import fc from "fast-check";
import fastGlob from "fast-glob";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ignoreMatcher } from "./ignore.ts";
import { localTree } from "./local-tree.ts";
import { globBase, selectFiles } from "./select-files.ts";

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

function select(include: string[], exclude: string[] = []): string[] {
  return selectFiles(localTree(root), "", { base: "", include, exclude });
}

describe("a selection", () => {
  test("has everything below a folder, hidden names too", () => {
    expect(select(["src/**"])).toEqual(files.filter((file) => file.startsWith("src/")).sort(comparePaths));
  });

  test("leaves out what is excluded", () => {
    expect(select(["src/**/*.ts"], ["**/*.test.ts", "**/.hidden"])).toEqual([
      "src/lib/a.ts",
      "src/lib/deep/er/a.ts",
      "src/main.ts",
    ]);
  });

  test("lists a file once that several patterns match", () => {
    expect(select(["package.json", "*.json", "./package.json"])).toEqual(["package.json"]);
  });

  test("knows braces, classes, extended globs and escapes", () => {
    expect(select(["{src,test}/[lm]*/+(a|b).{ts,js}", "odd/\\[a\\].txt"])).toEqual([
      "odd/[a].txt",
      "src/lib/a.ts",
      "src/lib/b.js",
    ]);
  });

  test("takes symlinks as they are and does not follow them", () => {
    symlinkSync("src", join(root, "link"));
    try {
      expect(select(["**/main.ts", "lin*"])).toEqual(["link", "src/main.ts"]);
    } finally {
      rmSync(join(root, "link"));
    }
  });

  test("does not have what the tree ignores", () => {
    const tree = localTree(root, { ignore: ignoreMatcher(["**/node_modules", "**/*.md"]) });
    expect(selectFiles(tree, "", { base: "", include: ["**/*.json", "*.md"], exclude: [] })).toEqual(["package.json"]);
  });

  test("can be relative to a folder of the tree", () => {
    expect(selectFiles(localTree(root), "src/lib", { base: "", include: ["*"], exclude: ["*.js"] })).toEqual([
      "src/lib/a.ts",
    ]);
  });

  test("is refused when it has nothing, saying what to write for a directory", () => {
    expect(() => select(["*.none"])).toThrow('no file matches "*.none"');
    expect(() => select(["src/**"], ["**"])).toThrow('no file matches "src/**" after exclusion');
    expect(() => select(["src/"])).toThrow(
      expect.objectContaining({
        code: "no-match",
        notes: ['"src/" is a directory. For the files in it, write "src/**".'],
      }),
    );
  });

  test.each(["../x", "src/../../x", "/etc/passwd", "!../x"])("is refused when %s leaves the folder", (pattern) => {
    expect(() => select(["**", pattern])).toThrow("it has to be relative and to stay in the folder");
  });
});

describe("fast-glob itself", () => {
  const name = fc.constantFrom(
    "src",
    "lib",
    "*",
    "**",
    "a*",
    "*.ts",
    "{src,test}",
    "node_modules",
    "?*",
    ".*",
    "*.@(ts|js)",
  );
  const glob = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join("/"));
  const negative = glob.map((each) => `!${each}`);

  test("selects the same files", () => {
    const tree = localTree(root);
    fc.assert(
      fc.property(
        fc.array(glob, { minLength: 1, maxLength: 3 }),
        fc.array(fc.oneof(glob, fc.constant("**/node_modules"), fc.constant("**/*.test.ts")), { maxLength: 2 }),
        fc.array(negative, { maxLength: 1 }),
        (include, exclude, negated) => {
          const options = { cwd: root, dot: true, followSymbolicLinks: false, ignore: exclude };
          const expected = fastGlob.sync([...include, ...negated], options).sort(comparePaths);
          const selection = { base: "", include: [...include, ...negated], exclude };
          if (expected.length === 0) expect(() => selectFiles(tree, "", selection)).toThrow("no file matches");
          else expect(selectFiles(tree, "", selection)).toEqual(expected);
        },
      ),
      { numRuns: 300 },
    );
  });
});

test.each([
  [["src/**"], "src"],
  [["src/**/*.ts", "src/lib/*"], "src"],
  [["src/a/*.ts", "src/b/*.ts"], "src"],
  [["src/*", "source/*"], ""],
  [["src/main.ts"], "src"],
  [["package.json"], ""],
  [["./src/{a,b}/*.ts"], "src"],
  [["**"], ""],
  [["src/**", "!src/lib/**"], "src"],
])("the base of %j is %j", (patterns, base) => {
  expect(globBase(patterns)).toBe(base);
});
