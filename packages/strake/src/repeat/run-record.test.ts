import { mkdtempSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { absent, type Look, stampOf } from "./file-stamp.ts";
import { printRunRecord, repetitionOf } from "./run-record.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "strake-record-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A record of looks at paths below the folder. */
function recordOf(looks: Readonly<Record<string, Look>>, variables: readonly string[] = []): Buffer {
  return printRunRecord({
    output: [[1, "ä\n"]],
    variables,
    used: ["one"],
    looks: Object.entries(looks).map(([name, look]) => {
      const path = join(folder, name);
      return { look, path, stamp: stampOf(look, path) ?? absent };
    }),
  });
}

const write = (name: string, text: string) => writeFileSync(join(folder, name), text);

describe("a record of what a command did", () => {
  test("holds as long as everything is as it was", () => {
    write("file", "text");
    symlinkSync("nothing", join(folder, "link"));
    symlinkSync("file", join(folder, "other"));
    const bytes = recordOf({
      file: "file",
      link: "link",
      other: "target",
      missing: "file",
      "file/below": "file",
      ".": "presence",
    });
    expect(repetitionOf(bytes)).toMatchObject({ output: [[1, "ä\n"]], used: ["one"] });
  });

  test.each<[string, Look, () => void]>([
    ["a file that is longer", "file", () => write("file", "text and more")],
    ["a file with another time", "file", () => utimesSync(join(folder, "file"), 1, 1)],
    ["a file that is gone", "presence", () => rmSync(join(folder, "file"))],
    ["a file that was replaced", "kept", () => replace("file")],
    ["a link in the place of a file", "target", () => linkTo("elsewhere")],
  ])("does not hold any more with %s", (_, look, change) => {
    write("file", "text");
    const bytes = recordOf({ file: look });
    expect(repetitionOf(bytes)).toBeDefined();
    change();
    expect(repetitionOf(bytes)).toBeUndefined();
  });

  test("holds as long as a content is the same, whatever the times say", () => {
    write("file", "text");
    const bytes = recordOf({ file: "content", missing: "content" });
    replace("file");
    expect(repetitionOf(bytes)).toBeDefined();
    write("file", "Text");
    expect(repetitionOf(bytes)).toBeUndefined();
  });

  test("does not hold any more when something is where nothing was, or when a folder has another name in it", () => {
    const missing = recordOf({ file: "file" });
    const listed = recordOf({ ".": "listing" });
    const itself = recordOf({ ".": "folder" });
    write("file", "text");
    expect([missing, listed].map(repetitionOf)).toEqual([undefined, undefined]);
    expect(repetitionOf(itself)).toBeDefined();
  });

  test("holds when the times of a file change that only counts as a whole", () => {
    write("file", "text");
    const bytes = recordOf({ file: "kept" });
    utimesSync(join(folder, "file"), 1, 1);
    expect(repetitionOf(bytes)).toBeDefined();
  });

  test("does not hold with another value of a variable, and does not show the value", () => {
    process.env.STRAKE_TEST_VARIABLE = "a-secret-value";
    try {
      const bytes = recordOf({}, ["STRAKE_TEST_VARIABLE"]);
      expect(bytes.toString("latin1")).not.toContain("a-secret-value");
      expect(repetitionOf(bytes)).toBeDefined();
      process.env.STRAKE_TEST_VARIABLE = "";
      expect(repetitionOf(bytes)).toBeUndefined();
      delete process.env.STRAKE_TEST_VARIABLE;
      expect(repetitionOf(bytes)).toBeUndefined();
    } finally {
      delete process.env.STRAKE_TEST_VARIABLE;
    }
  });

  test("is nothing when it is cut off anywhere", () => {
    write("file", "text");
    const bytes = recordOf({ file: "file", other: "link" });
    for (let end = 0; end < bytes.length; end++) expect(repetitionOf(bytes.subarray(0, end))).toBeUndefined();
  });
});

/** Writes the same text to a new file of the same name. */
function replace(name: string): void {
  write("new", "text");
  renameSync(join(folder, "new"), join(folder, name));
}

/** Moves the file and puts a link to it in its place. */
function linkTo(name: string): void {
  renameSync(join(folder, "file"), join(folder, name));
  symlinkSync(name, join(folder, "file"));
}
