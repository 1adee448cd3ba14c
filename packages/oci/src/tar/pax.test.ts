import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodePax, encodePax, printPaxTime, xattrKey, xattrName } from "./pax.ts";

const bytes = (text: string) => Buffer.from(text, "latin1");

describe("records", () => {
  it("count the digits of their own length", () => {
    const lengths = [1, 90, 91, 92, 93, 94, 988, 989, 990, 991, 992];
    for (const length of lengths) {
      const record = encodePax([{ key: "path", value: Buffer.alloc(length, "x") }]).toString();
      expect(Number(record.split(" ")[0])).toBe(record.length);
    }
    expect(encodePax([{ key: "a", value: bytes("") }]).toString()).toBe("5 a=\n");
  });

  it("come back as they were written, whatever bytes their values are", () => {
    const key = fc.string({ minLength: 1 }).filter((text) => !/[=\0]/.test(text));
    const records = fc.array(fc.record({ key, value: fc.uint8Array({ maxLength: 1200 }) }));
    fc.assert(
      fc.property(records, (records) => {
        const read = decodePax(encodePax(records), "of a test");
        expect(read.map(({ key, value }) => [key, [...value]])).toEqual(
          records.map(({ key, value }) => [key, [...value]]),
        );
      }),
    );
  });

  it("may be followed by NULs", () => {
    expect(decodePax(bytes("5 a=\n\0\0\0"), "")).toHaveLength(1);
  });

  it.each([
    "1",
    "5 a=",
    "6 a=\n",
    "5 a=x",
    "4 a\n",
    "05 =\n",
    "-5 a=\n",
    "99999999 a=\n",
    "5\na=\n",
    "x a=\n",
    "7 abcd\n",
  ])("that are malformed are refused: %j", (text) => {
    expect(() => decodePax(bytes(text), 'in "f"')).toThrowError('the extended header in "f" is malformed');
  });
});

describe("the key of an extended attribute", () => {
  it("gives its name back, whatever it is", () => {
    const name = fc.string({ unit: fc.constantFrom("%", "2", "5", "3", "D", "=", "u"), minLength: 1 });
    fc.assert(
      fc.property(name, (name) => {
        expect(xattrKey(name).slice(13)).not.toContain("=");
        expect(xattrName(xattrKey(name))).toBe(name);
      }),
    );
  });

  it("is SCHILY.xattr. and the name", () => {
    expect(xattrKey("user.100%")).toBe("SCHILY.xattr.user.100%");
    expect(xattrKey("user.a=b")).toBe("SCHILY.xattr.user.a%3Db");
    expect(xattrName("path")).toBeUndefined();
  });
});

describe("a time", () => {
  it.each([
    [0, "0"],
    [1.5, "1.5"],
    [-1.25, "-1.25"],
    [1_700_000_000.123, "1700000000.123"],
    [1e-7, "0.0000001"],
    [1e-12, "0"],
    [-1e-12, "0"],
    [0.1234567891234, "0.123456789"],
    [2 ** 40, "1099511627776"],
  ])("%d is written %s", (seconds, text) => {
    expect(printPaxTime(seconds)).toBe(text);
  });
});
