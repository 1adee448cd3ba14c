import { describe, expect, it } from "vitest";
import { isTest, madeUpTree, readSources, type SourceTree } from "./repository.ts";

const sourceLimit = 400;
const testLimit = 800;

function tooLong(tree: SourceTree): string[] {
  const written = [...tree].filter(([path]) => !path.includes("/src/generated/"));
  return written.flatMap(([path, source]) => {
    const lines = source.split("\n").length - 1;
    const limit = isTest(path) ? testLimit : sourceLimit;
    return lines > limit ? [`${path}: ${lines} lines, at most ${limit}`] : [];
  });
}

describe("file sizes", () => {
  it("stay below 400 lines for a source and 800 for a test", () => {
    expect(tooLong(readSources("packages", "examples", "test"))).toEqual([]);
  });

  it("would be reported past that", () => {
    const tree = madeUpTree({ "a.ts": "\n".repeat(401), "b.ts": "\n".repeat(400), "a.test.ts": "\n".repeat(801) });
    expect(tooLong(tree)).toEqual(["a.ts: 401 lines, at most 400", "a.test.ts: 801 lines, at most 800"]);
  });
});
