import { hash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { sha256Hex as chosen } from "#sha256";
import { sha256 } from "./sha256.ts";
import { sha256Hex as node } from "./sha256-node.ts";
import { sha256Hex as portable } from "./sha256-portable.ts";

test("the digest of a text is that of its UTF-8 bytes", () => {
  expect(sha256("")).toBe("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  expect(sha256("å€😀")).toBe(`sha256:${hash("sha256", Buffer.from("å€😀", "utf8"), "hex")}`);
});

test("both implementations agree on every text, lone surrogates included", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.array(fc.nat(0xffff)).map(fromCodeUnits)), (text) => {
      expect(portable(text)).toBe(node(text));
    }),
    { numRuns: 500 },
  );
});

function fromCodeUnits(units: number[]): string {
  return String.fromCharCode(...units);
}

test("on Node, the implementation is Node's", () => {
  expect(chosen).toBe(node);
});
