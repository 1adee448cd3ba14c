import { expect, test } from "vitest";
import { newerTags } from "./newer-tags.ts";

const node = [
  "latest",
  "24",
  "24-slim",
  "24.1-slim",
  "24.3-slim",
  "24.10-slim",
  "24.11",
  "25.0-slim",
  "26-slim",
  "slim",
];

test("newer tags have the same shape and higher numbers", () => {
  expect(newerTags("24.1-slim", node)).toEqual(["24.10-slim", "25.0-slim"]);
  expect(newerTags("24-slim", node)).toEqual(["26-slim"]);
  expect(newerTags("24.1-slim", ["24.1-slim", "24.3-slim"])).toEqual(["24.3-slim"]);
  expect(newerTags("25.0-slim", node)).toEqual([]);
  expect(newerTags("v1.2", ["1.3", "v1.3", "v1.3-rc1"])).toEqual(["v1.3"]);
  expect(newerTags("bookworm-20240101-slim", ["bookworm-20250101-slim", "trixie-20260101-slim"])).toEqual([
    "bookworm-20250101-slim",
  ]);
});

test("a tag without numbers and a commit have no newer ones", () => {
  expect(newerTags("latest", node)).toEqual([]);
  expect(newerTags("bookworm-slim", ["bookworm-slim", "trixie-slim"])).toEqual([]);
  expect(newerTags("a1b2c3d", ["a1b2c4d"])).toEqual([]);
  expect(newerTags("sha-0a1b2c3d", ["sha-0a2b2c3d"])).toEqual([]);
  expect(newerTags("20240101", ["20240102"])).toEqual(["20240102"]);
});
