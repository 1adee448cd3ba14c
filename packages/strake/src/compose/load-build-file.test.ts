import { spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";

/** What the process that loaded a build file said: the exports as JSON, or the error's fields. */
interface Answer {
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly error?: {
    code: string;
    message: string;
    notes: string[];
    site?: { file: string; line: number; column: number };
  };
}

let root: string;
let project: string;

// Node itself has to load the build file, as it does for people, so the loader and the library are bundled as they are
// when published, and each load is a process.
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "strake-load-"));
  await build({
    entryPoints: ["load-build-file.ts", "../index.ts"].map((path) => fileURLToPath(new URL(path, import.meta.url))),
    outdir: join(root, "dist"),
    outExtension: { ".js": ".mjs" },
    entryNames: "[name]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    conditions: ["source"],
    banner: { js: 'import { createRequire as r } from "node:module"; const require = r(import.meta.url);' },
    alias: { esbuild: fileURLToPath(import.meta.resolve("esbuild")) },
    external: [fileURLToPath(import.meta.resolve("esbuild"))],
  });
  writeFileSync(
    join(root, "load.mjs"),
    `import { loadBuildFile } from "./dist/load-build-file.mjs";
     import { Image } from "./dist/index.mjs";
     const library = new URL("dist/index.mjs", import.meta.url).href;
     const answer = await loadBuildFile({ ...JSON.parse(process.argv[2]), library }).then(
       (exports) => ({ exports: { ...exports } }),
       ({ name, code, message, notes, site }) => ({ error: { name, code, message, notes, site } }),
     );
     const print = (_, value) => (value instanceof Image ? "an image" : value);
     process.stdout.write(JSON.stringify(answer, print));`,
  );
});

afterAll(() => rmSync(root, { recursive: true }));

beforeEach(() => {
  project = mkdtempSync(join(root, "project-"));
});

function write(path: string, content: string): string {
  const file = join(project, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

function ask(options: { write?: boolean }): Answer {
  const request = { file: join(project, "build.ts"), home: join(project, ".home"), write: options.write ?? true };
  const { stdout, stderr } = spawnSync(process.execPath, [join(root, "load.mjs"), JSON.stringify(request)]);
  expect(stderr.toString()).toBe("");
  return JSON.parse(stdout.toString()) as Answer;
}

function load(options: { write?: boolean } = {}): Readonly<Record<string, unknown>> {
  const { exports, error } = ask(options);
  expect(error).toBeUndefined();
  return exports!;
}

function failure(): NonNullable<Answer["error"]> & { place: string | undefined } {
  const { error } = ask({});
  const { site } = error!;
  return { ...error!, place: site && `${site.file.slice(project.length + 1)}:${site.line}:${site.column}` };
}

function keptModules(): string[] {
  const folder = join(project, ".home/build-files", readdirSync(join(project, ".home/build-files"))[0]!);
  return readdirSync(folder).filter((name) => name.endsWith(".mjs"));
}

test("a build file and what it imports become one module, with the library's own classes", () => {
  write("lib/base.ts", 'import { image } from "strake";\nexport const base = image().from("debian:12");\n');
  write("build.ts", 'import { base } from "./lib/base.ts";\nexport const app = base.env({ A: "1" });\n');
  expect(load()).toEqual({ app: "an image" });
});

test("statements know their lines in the original sources", () => {
  write("build.ts", 'throw Object.assign(new Error("here"), { name: "Oops" });\n');
  expect(failure().place).toBe("build.ts:1:21");

  write(
    "lib.ts",
    "export interface Unused { a: string }\n\n\nexport function fail(): never {\n  throw new TypeError('no');\n}\n",
  );
  write(
    "build.ts",
    'import { fail } from "./lib.ts";\n\ntype T = string;\nconst wanted: T = "x";\nfail();\nexport { wanted };\n',
  );
  const error = failure();
  expect(error.message).toBe("TypeError: no");
  expect(error.place).toBe("lib.ts:5:9");
  expect(error.notes).toEqual(["called from build.ts:5:1"]);
});

test("statements know their lines where the store is reached through a symlink", () => {
  mkdirSync(join(project, "elsewhere"));
  symlinkSync("elsewhere", join(project, ".home"));
  write("build.ts", 'throw Object.assign(new Error("here"), { name: "Oops" });\n');
  expect(failure().place).toBe("build.ts:1:21");
});

test("an unchanged build file is not bundled again, however its times change", () => {
  const file = write("build.ts", "export const n: number = 1;\n");
  load();
  const [kept] = keptModules();
  utimesSync(file, new Date(1), new Date(1));
  load();
  expect(keptModules()).toEqual([kept]);
});

test("a change in the file, in a file it imports, or in tsconfig.json is seen", () => {
  write("tsconfig.json", '{ "compilerOptions": { "paths": { "~value": ["./one.ts"] } } }');
  write("one.ts", "export const value = 1;");
  write("two.ts", "export const value = 2;");
  write("build.ts", 'export { value } from "~value";\n');
  expect(load().value).toBe(1);
  write("one.ts", "export const value = 3;");
  expect(load().value).toBe(3);
  write("tsconfig.json", '{ /* now */ "compilerOptions": { "paths": { "~value": ["./two.ts"] } } }');
  expect(load().value).toBe(2);
  write("tsconfig.base.json", '{ "compilerOptions": { "paths": { "~value": ["./one.ts"] } } }');
  write("tsconfig.json", '{ "extends": "./tsconfig.base.json" }');
  expect(load().value).toBe(3);
  write("tsconfig.base.json", '{ "compilerOptions": { "paths": { "~value": ["./two.ts"] } } }');
  expect(load().value).toBe(2);
});

test("packages stay outside and are found from the file that imports them, a nearer copy first", () => {
  const dependency = (path: string, value: number) => {
    write(`${path}/package.json`, '{ "name": "dep", "version": "1.0.0", "type": "module", "exports": "./main.js" }');
    write(`${path}/main.js`, `export const value = ${value};`);
  };
  dependency("node_modules/dep", 1);
  write("build.ts", 'export { value } from "./images/value.ts";\n');
  write("images/value.ts", 'export { value } from "dep";\n');
  expect(load().value).toBe(1);
  dependency("images/node_modules/dep", 2);
  expect(load().value).toBe(2);
});

test("a workspace package in TypeScript, linked into node_modules, is bundled", () => {
  write("packages/shared/package.json", '{ "name": "@acme/shared", "type": "module", "exports": "./index.ts" }');
  write("packages/shared/index.ts", "export const value: number = 7;");
  mkdirSync(join(project, "node_modules/@acme"), { recursive: true });
  symlinkSync(join(project, "packages/shared"), join(project, "node_modules/@acme/shared"));
  write("build.ts", 'export { value } from "@acme/shared";\n');
  expect(load().value).toBe(7);
});

test("import.meta speaks of the source file", () => {
  write(
    "lib/where.ts",
    "export const [folder, file, url] = [import.meta.dirname, import.meta.filename, import.meta.url];",
  );
  write("build.ts", 'export * from "./lib/where.ts";\nexport const own = new URL(".", import.meta.url).href;\n');
  expect({ ...load() }).toEqual({
    folder: join(project, "lib"),
    file: join(project, "lib/where.ts"),
    url: pathToFileURL(join(project, "lib/where.ts")).href,
    own: `${pathToFileURL(project).href}/`,
  });
});

test("without writing, the store's folder is left alone and the temporary file is gone", () => {
  write("build.ts", "export const path = new Error().stack;\n");
  const { path } = load({ write: false });
  expect(readdirSync(project)).toEqual(["build.ts"]);
  const used = /file:\/\/(\S+?\/build\.mjs)/.exec(String(path))![1]!;
  expect(() => readFileSync(used)).toThrow("ENOENT");
});

test("a syntax error is esbuild's message at its place", () => {
  write("build.ts", 'const ok = "ä";\nexport const app = "äöü" +;\n');
  const error = failure();
  expect(error).toMatchObject({ code: "build-file-syntax", message: 'Unexpected ";"' });
  expect(error.place).toBe("build.ts:2:27");
});

test("imports of files, packages and names that do not exist name the import", () => {
  write("build.ts", 'import "./nowhere.ts";\n');
  let error = failure();
  expect([error.message, error.place]).toEqual(['Could not resolve "./nowhere.ts"', "build.ts:1:8"]);

  write("build.ts", '\nimport x from "not-installed";\nexport { x };\n');
  error = failure();
  expect(error.message).toContain('cannot find "not-installed"');
  expect(error.place).toBe("build.ts:2:15");

  write("build.ts", 'import { image,\n  catche } from "strake";\nexport const app = image().from(catche);\n');
  error = failure();
  expect(error).toMatchObject({ message: '"strake" has no export named "catche"', notes: ["Did you mean cache?"] });
  expect(error.place).toBe("build.ts:2:3");

  write("build.ts", 'import { absent } from "./there.ts";\nexport const wanted = absent.x;\n');
  write("there.ts", "export const present = 1;\n");
  error = failure();
  expect([error.message, error.place]).toEqual([
    'No matching export in "there.ts" for import "absent"',
    "build.ts:1:10",
  ]);
});

test("a thrown value that is no error is shown", () => {
  write("build.ts", 'throw "stop";\n');
  expect(failure().message).toBe("build.ts threw stop");
});

test("a mistake in the definition keeps the place the DSL gave it", () => {
  write(
    "build.ts",
    'import { image } from "strake";\nexport const app = image()\n  .from("scratch")\n  .copy("../x", "/");\n',
  );
  expect(failure().place).toMatch(/^build.ts:4:/);
});
