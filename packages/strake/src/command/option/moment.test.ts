import { expect, test } from "vitest";
import { parseMoment } from "./moment.ts";

const now = Date.parse("2026-03-01T00:00:00Z");

test.each([
  ["24h", "2026-02-28T00:00:00Z"],
  ["1h30m", "2026-02-28T22:30:00Z"],
  ["2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"],
  ["2026-01-31T12:00:00+02:00", "2026-01-31T10:00:00Z"],
  ["1700000000", "2023-11-14T22:13:20Z"],
])("%s is a moment", (text, expected) => {
  expect(new Date(parseMoment("--filter until", text, now)).toISOString()).toBe(expected.replace("Z", ".000Z"));
});

test("a date without a time zone is this machine's, as docker has it", () => {
  expect(parseMoment("--filter until", "2026-01-31", now)).toBe(new Date(2026, 0, 31).getTime());
  expect(parseMoment("--filter until", "2026-01-31T08", now)).toBe(new Date(2026, 0, 31, 8).getTime());
});

test.each(["", "yesterday", "2026-13-45"])("%j is none", (text) => {
  expect(() => parseMoment("--filter until", text, now)).toThrow(/--filter until/);
});
