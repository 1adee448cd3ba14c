import { expect, test } from "vitest";
import { formatAge, formatDuration } from "./format-duration.ts";
import { formatSize } from "./format-size.ts";
import { formatTable, truncate } from "./table.ts";

test("sizes have decimal units and three digits, as docker's", () => {
  const sizes = [0, 1, 999, 1000, 1234, 12_345, 999_400, 999_900, 1_840_000, 7_456_000_000];
  expect(sizes.map((size) => formatSize(size))).toEqual(
    ["0B", "1B", "999B", "1kB", "1.23kB", "12.3kB", "999kB", "1MB", "1.84MB", "7.46GB"],
  ); // biome-ignore format: a row for each
  expect(formatSize(123_456, 4)).toBe("123.5kB");
});

test("durations are seconds, and from a minute on whole ones", () => {
  expect([0, 1234, 59_940, 59_990, 65_000, 3_725_000].map(formatDuration)).toEqual(
    ["0.0s", "1.2s", "59.9s", "1m 0s", "1m 5s", "1h 2m 5s"],
  ); // biome-ignore format: a row for each
});

test("ages are docker's words", () => {
  const ages = [0, 1, 59, 60, 3599, 3600, 47 * 3600, 49 * 3600, 15 * 86_400, 70 * 86_400, 800 * 86_400];
  expect(ages.map((seconds) => formatAge(seconds * 1000))).toEqual([
    "Less than a second ago", "1 second ago", "59 seconds ago", "About a minute ago", "59 minutes ago",
    "About an hour ago", "47 hours ago", "2 days ago", "2 weeks ago", "2 months ago", "2 years ago",
  ]); // biome-ignore format: a row for each
});

test("a table's columns are as wide as their widest cell and three spaces, and ten at least", () => {
  expect(
    formatTable(
      ["A", "LONG"],
      [
        ["xxä", "1"],
        ["y", "2"],
      ],
    ),
  ).toBe("A         LONG\nxxä       1\ny         2\n");
  expect(formatTable(["A", "B"], [["12345678", ""]])).toBe("A          B\n12345678   \n");
  expect(truncate("abcdef", 4)).toBe("abc…");
  expect(truncate("abcd", 4)).toBe("abcd");
});
