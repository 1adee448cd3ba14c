import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Image, image } from "@strake/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findTargets, selectTargets } from "./find-targets.ts";

const one = image().from("scratch");
const two = one.env({ A: "1" });
let folder: string;
let file: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "strake-targets-"));
  file = join(folder, "build.ts");
  writeFileSync(file, "export const a = 1;\nexport async function  b() {}\nexport default {};\n");
});

afterAll(() => rmSync(folder, { recursive: true }));

const names = async (exports: Record<string, unknown>) =>
  (await findTargets(file, exports, Image.is)).map(({ name }) => name);

test("exports are targets by name, in the order of their names", async () => {
  expect(await names({ web: one, api: two })).toEqual(["api", "web"]);
});

test("the default export may be an image, a record, or a function of either", async () => {
  expect(await names({ default: one })).toEqual(["default"]);
  expect(await names({ default: { web: one, api: two }, web: one })).toEqual(["api", "web"]);
  expect(await names({ default: async () => ({ web: one }) })).toEqual(["web"]);
  expect(await names({ default: () => one })).toEqual(["default"]);
});

test("what is not an image is named, with its line", async () => {
  await expect(names({ a: 1 })).rejects.toMatchObject({
    message: 'export "a" is not an image but a number',
    site: { file, line: 1, column: 1 },
  });
  await expect(names({ b: () => {} })).rejects.toMatchObject({ site: { line: 2 } });
  await expect(names({ default: { x: [] } })).rejects.toMatchObject({
    message: '"x" of the default export is not an image but a list',
    site: { line: 3 },
  });
  await expect(names({ default: image() })).rejects.toMatchObject({ code: "not-an-image" });
});

test("a name for two images and a file without images are errors", async () => {
  await expect(names({ a: one, default: { a: two } })).rejects.toMatchObject({ code: "duplicate-target" });
  await expect(names({})).rejects.toThrow("build.ts exports no image");
});

test("targets are picked by name, and a mistaken name is answered with the nearest", () => {
  const targets = [
    { name: "api", image: one },
    { name: "worker", image: two },
  ];
  expect(selectTargets(targets, [])).toBe(targets);
  expect(selectTargets(targets, ["worker", "api", "worker"]).map(({ name }) => name)).toEqual(["worker", "api"]);
  expect(() => selectTargets(targets, ["wroker"])).toThrow(
    expect.objectContaining({ message: 'there is no target "wroker"', notes: ["Did you mean worker?"] }),
  );
  expect(() => selectTargets(targets, ["zzz"])).toThrow(
    expect.objectContaining({ notes: ["The targets are api, worker."] }),
  );
});
