import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { checkInput, checkOutputFile, checkOutputFolder } from "./check-path.ts";

const root = mkdtempSync(join(tmpdir(), "strake-paths-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const at = (...names: string[]) => join(root, ...names);
mkdirSync(at("folder"));
writeFileSync(at("file"), "");
symlinkSync("folder", at("link"));

it("takes what can be read", () => {
  checkInput(at("file"));
  checkInput("/dev/null");
  checkInput(at("folder"), { folders: true });
  expect(() => checkInput(at("folder"))).toThrow(/is a folder/);
  expect(() => checkInput(at("nothing"))).toThrow(/nothing does not exist/);
  expect(() => checkInput(at("file", "below"))).toThrow(/does not exist/);
});

it("takes files that can be written, over others too", () => {
  for (const path of [at("new"), at("file"), at("link", "new"), "/dev/null"]) checkOutputFile("-o", path);
  expect(() => checkOutputFile("-o", at("folder"))).toThrow(/-o: .*folder is a folder/);
  expect(() => checkOutputFile("-o", at("link"))).toThrow(/is a folder/);
  expect(() => checkOutputFile("-o", at("no", "new"))).toThrow(/there is no folder .*\/no/);
  expect(() => checkOutputFile("-o", at("file", "new"))).toThrow(/file is a file/);
  checkOutputFile("-o", at("no", "new"), { makes: true });
  expect(() => checkOutputFile("-o", at("file", "no", "new"), { makes: true })).toThrow(/file is a file/);
});

it("takes folders that are there or can be made", () => {
  for (const path of [at("folder"), at("link"), at("a", "b", "c")]) checkOutputFolder("-o", path);
  expect(() => checkOutputFolder("-o", at("file"))).toThrow(/is a file, and a folder is to be written/);
  expect(() => checkOutputFolder("-o", at("file", "a", "b"))).toThrow(/no folder can be made in it/);
});

it.runIf(process.platform === "linux")("refuses what is in /proc, where nothing can be made", () => {
  expect(() => checkOutputFile("-o", "/proc/new")).toThrow("-o: nothing can be made in /proc,");
  expect(() => checkOutputFile("-o", "/proc/a/b/new", { makes: true })).toThrow("nothing can be made in /proc,");
  for (const path of ["/proc/new", "/proc/self/a/b"]) {
    expect(() => checkOutputFolder("-o", path)).toThrow(/nothing can be made in \/proc/);
  }
});
