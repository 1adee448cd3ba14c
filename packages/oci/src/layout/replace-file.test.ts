import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { replaceFile } from "./replace-file.ts";

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "strake-replace-"));
  path = join(folder, "image.tar");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (text: string) => replaceFile(path, (writer) => writer.write(Buffer.from(text)));

describe("a file that is replaced", () => {
  test.each([3, 20 * 1024 * 1024])("has the new content alone, and before it was %i bytes long", async (length) => {
    writeFileSync(path, Buffer.alloc(length, "old"));
    await write("new");
    expect(readFileSync(path, "utf8")).toBe("new");
    expect(readdirSync(folder)).toEqual(["image.tar"]);
  });

  test("stays as it was where the writing fails", async () => {
    writeFileSync(path, "old");
    const failing = replaceFile(path, async (writer) => {
      await writer.write(Buffer.from("a part"));
      throw new Error("no more");
    });
    await expect(failing).rejects.toThrow("no more");
    expect(readFileSync(path, "utf8")).toBe("old");
    expect(readdirSync(folder)).toEqual(["image.tar"]);
  });

  test("is never a pipe: that stays what it is", async () => {
    execFileSync("mkfifo", [path]);
    await expect(write("new")).rejects.toThrow(`${path} is a device or a pipe`);
    expect(statSync(path).isFIFO()).toBe(true);
    expect(readdirSync(folder)).toEqual(["image.tar"]);
  });

  test("may be new, and needs its folder", async () => {
    await write("new");
    expect(readFileSync(path, "utf8")).toBe("new");
    await expect(replaceFile(join(folder, "none/image.tar"), async () => {})).rejects.toMatchObject({
      code: "not-found",
      message: expect.stringContaining(`there is no folder ${join(folder, "none")}`),
    });
  });
});
