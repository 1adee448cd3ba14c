import { appendFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { digestOf } from "@strake/core";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { KeptOutputs } from "./kept-outputs.ts";

describe("what earlier builds have written", () => {
  const content = digestOf("content");
  const image = { id: digestOf("id"), digest: digestOf("manifest") };
  let folder: string;
  let path: string;
  let outputs: KeptOutputs;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "strake-outputs-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    path = join(folder, "image.tar");
    writeFileSync(path, "image");
    outputs = new KeptOutputs(folder);
    outputs.keep(path, content, image);
  });

  it("is known at its path and by its content", () => {
    expect(outputs.at(path, content)).toMatchObject(image);
    expect(outputs.anywhere(content)).toMatchObject({ path, ...image });
    expect(outputs.at(join(folder, "other.tar"), content)).toBeUndefined();
    expect(outputs.anywhere(digestOf("other"))).toBeUndefined();
  });

  it("is forgotten once somebody has touched or removed the file", () => {
    appendFileSync(path, "more");
    expect(outputs.at(path, content)).toBeUndefined();
    expect(outputs.anywhere(content)).toBeUndefined();
    expect(readdirSync(join(folder, "outputs"))).toEqual([]);
  });

  it("is nothing where nothing was written yet", () => {
    expect(new KeptOutputs(join(folder, "none")).anywhere(content)).toBeUndefined();
  });
});
