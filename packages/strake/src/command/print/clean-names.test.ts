import { expect, test } from "vitest";
import { cleanNames } from "./clean-names.ts";

const rules = { kind: "a bake target", refused: /[^a-zA-Z0-9_-]/g };

test("puts dashes where a notation does not allow a character", () => {
  expect([...cleanNames(["web", "node:24/slim", "$ä"], rules)]).toEqual([
    ["web", "web"],
    ["node:24/slim", "node-24-slim"],
    ["$ä", "--"],
  ]);
});

test("refuses two targets of one name", () => {
  expect(() => cleanNames(["a.b", "c", "a-b"], rules)).toThrow(
    expect.objectContaining({
      code: "duplicate-target",
      message: '"a.b" and "a-b" would both be a bake target called "a-b"',
    }),
  );
  expect(() => cleanNames(["default", "x"], { ...rules, reserved: { default: "x" } })).toThrow('called "x"');
});
