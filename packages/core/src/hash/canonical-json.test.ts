import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson, digestOf } from "./canonical-json.ts";
import { sha256 } from "./sha256.ts";

describe("canonical JSON", () => {
  test("sorts members by UTF-16 code units and writes no white space", () => {
    const value = { "\ufb33": 1, "\u{1f600}": 2, "\u20ac": 3, "1": [true, null, "x"], "\r": { b: 1, a: 2 } };
    expect(canonicalJson(value)).toBe('{"\\r":{"a":2,"b":1},"1":[true,null,"x"],"\u20ac":3,"\u{1f600}":2,"\ufb33":1}');
  });

  test("writes numbers as ECMAScript does", () => {
    expect(canonicalJson([1e30, 4.5, 2e-3, 0.000001, 1e-27, -0])).toBe("[1e+30,4.5,0.002,0.000001,1e-27,0]");
  });

  test("leaves undefined members out", () => {
    expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}');
  });

  test("escapes lone surrogates, so that different texts stay different", () => {
    expect(canonicalJson("\udc80")).toBe('"\\udc80"');
    expect(digestOf("\udc80")).not.toBe(digestOf("\udc81"));
  });

  test.each([
    [Number.NaN, "NaN"],
    [Number.POSITIVE_INFINITY, "Infinity"],
    [1n, "type bigint"],
    [() => 1, "type function"],
    [[undefined], "type undefined"],
    [new Array(1), "type undefined"],
    [new Date(0), "class Date"],
    [new Map(), "class Map"],
  ])("refuses %s", (value, named) => {
    expect(() => canonicalJson({ in: value })).toThrow(named);
  });

  test("is JSON of the same value whatever the order of its members", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue({ stringUnit: "binary" })), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse());
        const text = canonicalJson(value);
        expect(canonicalJson(reversed)).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

test("the digest of a value is that of its canonical JSON", () => {
  expect(digestOf({ b: 1, a: 2 })).toBe(sha256('{"a":2,"b":1}'));
});
