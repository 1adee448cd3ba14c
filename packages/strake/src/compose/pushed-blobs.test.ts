import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sha256 } from "@strake/oci";
import { afterAll, beforeEach, expect, it } from "vitest";
import { PushedBlobs } from "./pushed-blobs.ts";

const root = mkdtempSync(join(tmpdir(), "strake-pushed-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const [one, two] = [sha256("one"), sha256("two")];
const day = 86_400_000;
let home: string;
let time: number;
const open = (registry = "localhost:5000", readOnly = false) =>
  new PushedBlobs(home, registry, { readOnly, now: () => time });
const files = () =>
  readdirSync(join(home, "pushed"), { recursive: true, withFileTypes: true }).filter((e) => e.isFile());

beforeEach(() => {
  home = mkdtempSync(join(root, "home-"));
  time = 1_800_000_000_000;
});

it("remembers for the next process what a repository had, and nothing of others", () => {
  open().note("team/app", [one]);
  expect(open().has("team/app", one)).toBe(true);
  expect(open().has("team/app", two)).toBe(false);
  expect([open().knows("team/app"), open().knows("team"), open("other:5000").knows("team/app")]).toEqual([
    true,
    false,
    false,
  ]);
});

it("tells where else a blob is, the place that was seen last first", () => {
  open().note("a", [one]);
  time += 1000;
  const late = open();
  late.note("b/b", [one, two]);
  expect(open().places(one)).toEqual(["b/b", "a"]);
  expect(late.places(two)).toEqual(["b/b"]);
});

it("believes nothing for longer than a week, and writes what is seen again once a day", () => {
  open().note("a", [one]);
  const written = readFileSync(path(), "utf8");
  time += day / 2;
  open().note("a", [one]);
  expect(readFileSync(path(), "utf8")).toBe(written);
  time += day;
  open().note("a", [one]);
  expect(readFileSync(path(), "utf8")).not.toBe(written);
  time += 7 * day;
  expect(open().knows("a")).toBe(false);
});

it("forgets on request, and takes a damaged file for nothing", () => {
  open().note("a", [one]);
  open().forget("a");
  expect(open().knows("a")).toBe(false);
  open().note("a", [one]);
  for (const text of ["", "{", "[]", '"x"', "null", '{"blobs":7}']) {
    writeFileSync(path(), text);
    expect(open().has("a", one)).toBe(false);
    expect(open().places(one)).toEqual([]);
  }
  open().note("a", [two]);
  expect(open().has("a", two)).toBe(true);
});

it("keeps what two processes learn, and writes nothing where it may not", () => {
  const [first, second] = [open(), open()];
  expect([first.knows("a"), second.knows("a")]).toEqual([false, false]);
  first.note("a", [one]);
  second.note("a", [two]);
  expect([open().has("a", one), open().has("a", two)]).toEqual([true, true]);
  const reader = open("localhost:5000", true);
  reader.note("b", [one]);
  reader.forget("a");
  expect(reader.knows("a")).toBe(false);
  expect([open().knows("a"), open().knows("b")]).toEqual([true, false]);
});

it("does not mind a store that cannot be written", () => {
  writeFileSync(join(home, "pushed"), "a file");
  const blobs = open();
  blobs.note("a", [one]);
  expect(blobs.has("a", one)).toBe(true);
});

function path(): string {
  const [file] = files();
  return join(file?.parentPath ?? "", file?.name ?? "");
}
