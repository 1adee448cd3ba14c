import * as zlib from "node:zlib";

/** Computes the CRC-32 of RFC 1952 over bytes, going on from the value of what came before. */
export const crc32: (bytes: Uint8Array, before: number) => number = zlib.crc32 ?? crc32ByTable;

let table: Uint32Array | undefined;

/** The same in JavaScript, for runtimes whose zlib does not offer it (Node before 20.15). */
export function crc32ByTable(bytes: Uint8Array, before: number): number {
  table ??= Uint32Array.from({ length: 256 }, (_, index) => {
    let value = index;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    return value >>> 0;
  });
  let crc = ~before;
  for (let at = 0; at < bytes.length; at++) {
    crc = (table[(crc ^ (bytes[at] as number)) & 0xff] as number) ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}
