import { OciError } from "../oci-error.ts";
import { decodePath, encodePath } from "../tree/path-bytes.ts";

/** One `key=value` of an extended header; values are bytes, for extended attributes need not be text. */
export interface PaxRecord {
  readonly key: string;
  readonly value: Uint8Array;
}

/** What the keys of extended attributes begin with, in the tars of star, GNU, Go and libarchive. */
export const xattrPrefix = "SCHILY.xattr.";

/**
 * Writes the records of an extended header in the order given (POSIX.1-2001 pax: `length key=value\n`).
 *
 * The length of a record counts its own digits.
 */
export function encodePax(records: readonly PaxRecord[]): Buffer {
  const parts: Uint8Array[] = [];
  for (const { key, value } of records) {
    const name = encodePath(key);
    parts.push(Buffer.from(`${recordLength(name.length, value.length)} `), name, equals, value, newline);
  }
  return Buffer.concat(parts);
}

/**
 * Reads the records of an extended header, in order and with repeated keys.
 *
 * @param where what the header belongs to, for messages
 * @throws OciError `invalid-tar`
 */
export function decodePax(bytes: Buffer, where: string): PaxRecord[] {
  const records: PaxRecord[] = [];
  let at = 0;
  // Some writers fill the rest of the last block with NULs and count them in.
  while (at < bytes.length && bytes[at] !== 0) {
    const end = at + readLength(bytes, at, where);
    const space = bytes.indexOf(0x20, at);
    const equal = bytes.subarray(0, end).indexOf(0x3d, space);
    if (end > bytes.length || space >= end || equal <= space + 1 || bytes[end - 1] !== 0x0a) malformed(where);
    const key = decodePath(bytes.subarray(space + 1, equal));
    records.push({ key, value: bytes.subarray(equal + 1, end - 1) });
    at = end;
  }
  return records;
}

/** The key of an extended attribute's record; `=` would end a key and is written `%3D`, as GNU tar does. */
export function xattrKey(name: string): string {
  return xattrPrefix + name.replace(/%(?=25|3D)/g, "%25").replaceAll("=", "%3D");
}

/** The extended attribute that a record's key names, or undefined for any other key. */
export function xattrName(key: string): string | undefined {
  if (!key.startsWith(xattrPrefix)) return undefined;
  return key.slice(xattrPrefix.length).replace(/%(25|3D)/g, (_, code) => (code === "25" ? "%" : "="));
}

/**
 * Writes a time as a record's value, in decimal with at most nine digits after the point.
 *
 * A whole number means that the time has no fraction worth keeping.
 */
export function printPaxTime(seconds: number): string {
  const shortest = String(seconds);
  if (/^-?\d+(\.\d{1,9})?$/.test(shortest)) return shortest;
  const fixed = seconds.toFixed(9).replace(/\.?0+$/, "");
  return fixed === "-0" ? "0" : fixed;
}

const equals = Buffer.from("=");
const newline = Buffer.from("\n");

function recordLength(key: number, value: number): number {
  const rest = key + value + 3;
  const length = rest + String(rest).length;
  return rest + String(length).length;
}

function readLength(bytes: Buffer, from: number, where: string): number {
  let length = 0;
  let at = from;
  for (; at < from + 8 && bytes[at] !== 0x20; at++) {
    const digit = (bytes[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) malformed(where);
    length = length * 10 + digit;
  }
  // The shortest record is `5 a=\n`.
  if (length < 5) malformed(where);
  return length;
}

function malformed(where: string): never {
  throw new OciError("invalid-tar", `the extended header ${where} is malformed`);
}
