import { expect, it } from "vitest";
import { parseEnvFile } from "./env-file.ts";

it("takes variables line by line, as they are written", () => {
  const text = '\uFEFF# a comment\nA=1\r\n\n  B="quoted" # no comment\nC\nD=\nE=a=b\n#F=1\nG.h-i=j ';
  expect(parseEnvFile(text, "env")).toEqual(["A=1", 'B="quoted" # no comment', "C", "D=", "E=a=b", "G.h-i=j "]);
});

it.each([
  ["A=1\nB C=2\n", "env:2: "],
  ["=1", "env:1: "],
])("refuses a line whose name is none: %j", (text, place) => {
  expect(() => parseEnvFile(text, "env")).toThrow(place);
});
