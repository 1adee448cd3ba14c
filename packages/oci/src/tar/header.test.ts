import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeHeader, encodeHeader, type Header, splitName } from "./header.ts";

const plain: Header = {
  name: "a/b",
  typeflag: "0",
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: 5,
  mtime: 0,
  linkname: "",
};

function encode(header: Header): Buffer {
  const block = Buffer.alloc(512, 0xff);
  encodeHeader(header, block, 0);
  return block;
}

describe("a header", () => {
  it("comes back as it was written, with numbers of any size", () => {
    const name = fc.string({ unit: fc.constantFrom("a", "b", "."), minLength: 1, maxLength: 100 });
    const number = fc.oneof(fc.nat(0o7777777), fc.maxSafeNat());
    const time = fc.oneof(number, fc.maxSafeInteger());
    fc.assert(
      fc.property(name, number, number, number, time, (name, uid, gid, size, mtime) => {
        // Seven bytes of base 256 hold less than 2^53 in full.
        const header = { ...plain, name, uid: uid % 2 ** 52, gid: gid % 2 ** 52, size, mtime };
        expect(decodeHeader(encode(header), 0)).toEqual(header);
      }),
    );
  });

  it("holds a long name in two fields where a slash is in the right place", () => {
    const name = `${"p".repeat(155)}/${"n".repeat(100)}`;
    expect(decodeHeader(encode({ ...plain, name }), 0).name).toBe(name);
    expect(splitName(`${"p".repeat(156)}/n`)).toBeUndefined();
    expect(splitName(`p/${"n".repeat(101)}`)).toBeUndefined();
    expect(splitName(`/${"n".repeat(100)}`)).toBeUndefined();
    expect(splitName(`${"p".repeat(120)}/`)).toBeUndefined();
  });

  it("of a device has its numbers", () => {
    const device = { major: 8, minor: 1_048_575 };
    expect(decodeHeader(encode({ ...plain, typeflag: "4", device }), 0).device).toEqual(device);
  });

  it("with any byte changed is refused, or is the checksum written another way", () => {
    const block = encode({ ...plain, name: "some/name" });
    for (let at = 0; at < 512; at++) {
      if (at >= 148 && at < 156) continue;
      const changed = Buffer.from(block);
      changed[at] = (changed[at] as number) ^ 0x01;
      expect(() => decodeHeader(changed, 1024)).toThrowError("the header at byte 1024 of the tar has a wrong checksum");
    }
  });

  it("with a checksum over signed bytes is read, as old tars have it", () => {
    const block = encode(plain);
    block[0] = 0xe9;
    const signed =
      8 * 0x20 + block.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 0 : (byte << 24) >> 24), 0);
    block.write(`${signed.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
    expect(decodeHeader(block, 0).name).toBe("\udce9/b");
  });

  it("takes digits among spaces and refuses what is no octal number", () => {
    const withSize = (text: string) => {
      const block = encode(plain);
      block.write(text.padEnd(12, "\0"), 124, "latin1");
      block.write("        ", 148, "latin1");
      const sum = block.reduce((total, byte) => total + byte, 0);
      block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
      return () => decodeHeader(block, 0).size;
    };
    expect(withSize("   644 ")()).toBe(0o644);
    expect(withSize("")()).toBe(0);
    expect(withSize("12 \0garbage")()).toBe(0o12);
    expect(withSize("9")).toThrowError(/not octal/);
    expect(withSize("12x")).toThrowError(/not octal/);
    expect(withSize("\xbf\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff")).toThrowError(/beyond 2\^53/);
  });
});
