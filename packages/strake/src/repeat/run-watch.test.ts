import { appendFileSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RunWatch } from "./run-watch.ts";
import { watchedVariables } from "./watch-process.ts";
import { watchedModules } from "./watched-modules.ts";

const require = createRequire(import.meta.url);
const longAgo = 1_000_000_000;

let folder: string;
let home: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "strake-watch-"));
  home = join(folder, "home");
  mkdirSync(join(home, "leases"), { recursive: true });
  writeFileSync(join(home, "blob"), "blob");
  writeFileSync(join(folder, "file"), "text");
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Files = typeof import("node:fs");

/** What a watch says of a command. */
function watching(command: (files: Files, promises: typeof import("node:fs/promises"), watch: RunWatch) => unknown) {
  const watch = new RunWatch(home);
  const see = watchedModules(watch);
  const load = <Module>(name: string) => see(name, () => require(name)) as Module;
  return [watch, command(load("node:fs"), load("node:fs/promises"), watch)] as const;
}

describe("a command that was watched", () => {
  test("looked at what it asked the file system for", async () => {
    const [watch, result] = watching(async (files, promises) => [
      files.readFileSync(join(folder, "file"), "utf8"),
      files.existsSync(join(folder, "missing")),
      files.lstatSync(join(folder, "file")).size,
      files.lstatSync(join(folder, "missing"), { throwIfNoEntry: false }),
      await promises.readFile(join(home, "blob"), "utf8"),
      files.readdirSync(home),
      files.realpathSync(join(folder, "home/../file")),
    ]);
    const path = join(realpathSync(folder), "file");
    expect(await result).toEqual(["text", false, 4, undefined, "blob", ["blob", "leases"], path]);
    expect(watch.refusal).toBeUndefined();
  });

  test.each<[string, (files: Files) => unknown]>([
    ["writes a file", (files) => files.writeFileSync(join(folder, "new"), "")],
    ["opens one to write", (files) => files.closeSync(files.openSync(join(folder, "opened"), "w"))],
    ["opens one to write, in numbers", (files) => files.closeSync(files.openSync(join(folder, "opened"), 1))],
    ["makes a folder", (files) => files.mkdirSync(join(folder, "made"))],
    ["removes a file", (files) => files.rmSync(join(folder, "opened"))],
    ["renames a file", (files) => files.renameSync(join(folder, "new"), join(folder, "renamed"))],
    ["changes times outside the store", (files) => files.utimesSync(join(folder, "file"), longAgo, longAgo)],
    ["reads what has no path", (files) => files.readFileSync(files.openSync(join(folder, "file"), "r"))],
    ["copies a file", (files) => files.copyFileSync(join(folder, "file"), join(folder, "copy"))],
  ])("is not remembered when it %s", (_, command) => {
    const [watch] = watching(command);
    expect(watch.refusal).toBeDefined();
    expect(watch.record()).toBeUndefined();
  });

  test("is not remembered when it uses another process, the network or threads", () => {
    for (const name of ["node:child_process", "node:net", "node:https", "node:worker_threads", "esbuild"]) {
      const watch = new RunWatch(home);
      expect(watchedModules(watch)(name, () => ({ loaded: true }))).toEqual({ loaded: true });
      expect(watch.refusal).toBe(`${name} is used`);
    }
  });

  test("may hold the store, note what it used of it, and make or remove what is so already", () => {
    const [watch] = watching((files) => {
      files.writeFileSync(join(home, "leases", "one"), "");
      files.rmSync(join(home, "leases", "one"));
      files.mkdirSync(join(home, "leases"), { recursive: true });
      files.rmSync(join(folder, "missing"), { force: true });
      files.utimesSync(join(home, "blob"), longAgo, longAgo);
    });
    expect(watch.refusal).toBeUndefined();
    expect(existsSync(join(home, "leases", "one"))).toBe(false);
  });

  test("is remembered only when a later change of what it read would show", async () => {
    const path = join(folder, "recent");
    writeFileSync(path, "text");
    const early = new RunWatch(home);
    early.look("file", path);
    expect([early.record(), early.refusal]).toEqual([undefined, `${path} was changed just now`]);
    const remembers = () => {
      const watch = new RunWatch(home);
      watch.look("file", path);
      return watch.record() !== undefined;
    };
    await expect.poll(remembers, { timeout: 30_000 }).toBe(true);
  });

  test("is not remembered when what it read has changed before it ended", () => {
    const path = join(folder, "changing");
    writeFileSync(path, "text");
    const [watch] = watching((files) => {
      files.readFileSync(path);
      appendFileSync(path, "more");
      files.readFileSync(path);
    });
    const looks = watch.record()?.looks;
    expect(looks === undefined || looks.every(({ stamp }) => stamp[2] === 4)).toBe(true);
  });

  test("has written texts, in their order, and no bytes", () => {
    const watch = new RunWatch(home);
    watch.write(2, "one");
    watch.write(1, "two");
    expect(watch.record()?.output).toEqual([
      [2, "one"],
      [1, "two"],
    ]);
    watch.write(1, Buffer.from("bytes"));
    expect(watch.record()).toBeUndefined();
  });

  test("is remembered with the variables that it asked for, but not when it took all", () => {
    const watch = new RunWatch(home);
    const variables = watchedVariables(watch, { ONE: "1", TWO: "2" });
    variables.THREE = "3";
    expect([variables.ONE, "FOUR" in variables, variables.THREE]).toEqual(["1", false, "3"]);
    expect(watch.record()?.variables).toEqual(expect.arrayContaining(["ONE", "FOUR"]));
    expect(watch.record()?.variables).not.toContain("TWO");
    expect({ ...variables }).toEqual({ ONE: "1", TWO: "2", THREE: "3" });
    expect(watch.refusal).toBeDefined();
  });

  test("may run a bundle of the store that hangs on nothing else, and no other module", () => {
    const library = "file:///library/index.js";
    const bundle = join(home, "bundle.mjs");
    const refusalOf = (code: string, path = bundle) => {
      writeFileSync(path, `// banner with require\n${code}`);
      const watch = new RunWatch(home);
      watch.import(library, library);
      watch.import(pathToFileURL(path).href, library);
      return watch.refusal;
    };
    expect(refusalOf(`import { image } from "${library}";\nvar a = image();`)).toBeUndefined();
    expect(refusalOf("var a = new Date();")).toBeDefined();
    expect(refusalOf("var a = 1;", join(folder, "outside.mjs"))).toBeDefined();
  });
});
