import { randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";
import { expect, it } from "vitest";
import { combineCrc32 } from "./crc32-combine.ts";

it.each([0, 1, 2, 255, 65_536, 1_048_576, 1_048_577])("is the checksum of both, the second of %i bytes", (length) => {
  const [first, second] = [randomBytes(1000), randomBytes(length)];
  expect(combineCrc32(crc32(first), crc32(second), length)).toBe(crc32(Buffer.concat([first, second])));
  expect(combineCrc32(0, crc32(second), length)).toBe(crc32(second));
});
