import { describe, expect, it } from "vitest";
import { listFiles } from "./repository.ts";

const banned = /^(utils?|helpers?|commons?|shared|misc|libs?|types?|managers?|data|info)$/;
const kebab = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/** Says what is wrong with the names on the way to a source file. */
function badNames(path: string): string[] {
  const [file = "", ...folders] = path.split("/").reverse();
  const [stem = "", ...suffixes] = file.split(".");
  return [...folders, stem, ...suffixes].flatMap((name) => {
    if (banned.test(name)) return [`${path}: "${name}" says nothing`];
    return kebab.test(name) ? [] : [`${path}: "${name}" is not kebab-case`];
  });
}

describe("names of files and folders", () => {
  it("are kebab-case and say what is inside", () => {
    const sources = listFiles(["packages", "examples", "test"]).filter((path) => /\.(ts|mts|js|mjs)$/.test(path));
    expect(sources).not.toEqual([]);
    // There the word says it all: what the types of the DSL refuse.
    // What is generated is named for what it is generated from.
    const judged = sources.filter((path) => !path.startsWith("test/types/") && !path.includes("/src/generated/"));
    expect(judged.flatMap(badNames)).toEqual([]);
  });

  it.each([
    ["packages/oci/src/utils.ts", `"utils" says nothing`],
    ["packages/oci/src/types.test.ts", `"types" says nothing`],
    ["packages/oci/shared/a.ts", `"shared" says nothing`],
    ["packages/oci/src/blobStore.ts", `"blobStore" is not kebab-case`],
    ["packages/oci/src/blob_store.ts", `"blob_store" is not kebab-case`],
  ])("would be reported for %s", (path, message) => {
    expect(badNames(path)).toEqual([`${path}: ${message}`]);
  });

  it("may carry more than one suffix", () => {
    expect(badNames("packages/oci/src/tar/read-tar.fuzz.test.ts")).toEqual([]);
  });
});
