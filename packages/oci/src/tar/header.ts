import { OciError } from "../oci-error.ts";
import { decodePath } from "../tree/path-bytes.ts";

/** The unit of a tar: headers are one block, content is padded to whole blocks. In bytes. */
export const blockSize = 512;

/** The largest user or group id that the header's octal digits hold. */
export const maximumOctalId = 0o7777777;

/** The largest size and the latest time that the header's octal digits hold. */
export const maximumOctalSize = 0o77777777777;

/** The fields of one header block (POSIX.1-1988 ustar; GNU's and v7's where they differ are read too). */
export interface Header {
  /** As written, so directories end with a slash; at most 100 bytes, or 256 where a slash lets it be split. */
  readonly name: string;
  /** One character: `0` file, `1` hard link, `2` symlink, `5` directory and so on; NUL is read as `0`. */
  readonly typeflag: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** Whole seconds since 1970. */
  readonly mtime: number;
  readonly linkname: string;
  /** Left empty in the block where absent; read for devices only. */
  readonly device?: { readonly major: number; readonly minor: number };
}

/**
 * Writes a header into a block of the target, in ustar form with empty user and group names.
 *
 * Names must be ASCII and fit, numbers must fit their octal digits or are written in base 256.
 */
export function encodeHeader(header: Header, target: Buffer, at: number): void {
  target.fill(0, at, at + blockSize);
  if (header.name.length <= 100) {
    target.write(header.name, at, 100, "latin1");
  } else {
    const [prefix, name] = splitName(header.name) ?? fail(`"${header.name}" does not fit a tar's header`);
    target.write(name, at, 100, "latin1");
    target.write(prefix, at + 345, 155, "latin1");
  }
  writeNumber(target, at + 100, 8, header.mode);
  writeNumber(target, at + 108, 8, header.uid);
  writeNumber(target, at + 116, 8, header.gid);
  writeNumber(target, at + 124, 12, header.size);
  writeNumber(target, at + 136, 12, header.mtime);
  target[at + 156] = header.typeflag.charCodeAt(0);
  if (header.linkname !== "") target.write(header.linkname, at + 157, 100, "latin1");
  target.write("ustar\x0000", at + 257, 8, "latin1");
  if (header.device !== undefined) {
    writeNumber(target, at + 329, 8, header.device.major);
    writeNumber(target, at + 337, 8, header.device.minor);
  }
  writeNumber(target, at + 148, 7, checksum(target, at));
  target[at + 155] = 0x20;
}

/**
 * Reads a header block.
 *
 * @param position where the block begins in the tar, for messages
 * @throws OciError `invalid-tar` where the checksum is wrong or a number is none
 */
export function decodeHeader(block: Buffer, position: number): Header {
  const stated = readNumber(block, 148, 8, position);
  if (stated !== checksum(block, 0) && stated !== signedChecksum(block)) {
    fail(`the header at byte ${position} of the tar has a wrong checksum`);
  }
  const flag = block[156] as number;
  const posix = block.toString("latin1", 257, 263) === "ustar\0";
  // Star keeps times in the last 24 bytes of the prefix and signs the block at its end.
  const prefixLength = posix && block.toString("latin1", 508, 512) === "tar\0" ? 131 : 155;
  const prefix = posix ? readText(block, 345, prefixLength) : "";
  const name = readText(block, 0, 100);
  const header = {
    name: prefix === "" ? name : `${prefix}/${name}`,
    typeflag: flag === 0 ? "0" : String.fromCharCode(flag),
    mode: readNumber(block, 100, 8, position),
    uid: readNumber(block, 108, 8, position),
    gid: readNumber(block, 116, 8, position),
    size: readNumber(block, 124, 12, position),
    mtime: readNumber(block, 136, 12, position),
    linkname: readText(block, 157, 100),
  };
  if (flag !== 0x33 && flag !== 0x34) return header;
  const device = { major: readNumber(block, 329, 8, position), minor: readNumber(block, 337, 8, position) };
  return { ...header, device };
}

/** Tells whether a block is all zero, as the blocks that end a tar are. */
export function isZeroBlock(block: Uint8Array): boolean {
  for (let at = 0; at < blockSize; at++) if (block[at] !== 0) return false;
  return true;
}

/** The number of zero bytes that bring content of this size to whole blocks. */
export function paddingOf(size: number): number {
  const rest = size % blockSize;
  return rest === 0 ? 0 : blockSize - rest;
}

/** Splits a long ASCII name into the header's prefix and name at a slash, or answers undefined where none will do. */
export function splitName(name: string): readonly [prefix: string, name: string] | undefined {
  const end = name.length > 156 ? 156 : name.endsWith("/") ? name.length - 1 : name.length;
  const slash = name.lastIndexOf("/", end - 1);
  const rest = name.length - slash - 1;
  if (slash <= 0 || slash > 155 || rest > 100 || rest === 0) return undefined;
  return [name.slice(0, slash), name.slice(slash + 1)];
}

/**
 * Reads a number of a header: octal digits among spaces and NULs, or GNU's base 256 where the first bit is set.
 *
 * @throws OciError `invalid-tar`
 */
export function readNumber(block: Buffer, at: number, width: number, position: number): number {
  const end = at + width;
  if (((block[at] as number) & 0x80) !== 0) return readBase256(block, at, end, position);
  let from = at;
  while (from < end && (block[from] === 0x20 || block[from] === 0)) from++;
  let value = 0;
  for (; from < end; from++) {
    const byte = block[from] as number;
    if (byte < 0x30 || byte > 0x37) break;
    value = value * 8 + byte - 0x30;
  }
  for (; from < end; from++) {
    const byte = block[from] as number;
    if (byte === 0) return value;
    if (byte !== 0x20) fail(`the header at byte ${position} of the tar has a number that is not octal`);
  }
  return value;
}

function readBase256(block: Buffer, at: number, end: number, position: number): number {
  const first = block[at] as number;
  const negative = (first & 0x40) !== 0;
  let value = negative ? (first & 0x7f) - 0x80 : first & 0x7f;
  for (let from = at + 1; from < end; from++) value = value * 256 + (block[from] as number);
  if (!Number.isSafeInteger(value)) fail(`the header at byte ${position} of the tar has a number beyond 2^53`);
  return value;
}

/** Writes octal digits and a NUL, or base 256 where they do not suffice. */
function writeNumber(target: Buffer, at: number, width: number, value: number): void {
  let rest = value;
  let to = at + width - 2;
  while (rest > 0x7fffffff && to >= at) {
    target[to--] = 0x30 + (rest % 8);
    rest = Math.floor(rest / 8);
  }
  for (; to >= at; to--) {
    target[to] = 0x30 + (rest & 7);
    rest >>>= 3;
  }
  if (rest !== 0 || value < 0) writeBase256(target, at, width, value);
}

function writeBase256(target: Buffer, at: number, width: number, value: number): void {
  let rest = value;
  for (let to = at + width - 1; to >= at; to--) {
    const low = ((rest % 256) + 256) % 256;
    target[to] = low;
    rest = (rest - low) / 256;
  }
  target[at] = (target[at] as number) | 0x80;
}

/** The sum of the block's bytes, with its own field counted as spaces. */
function checksum(block: Buffer, at: number): number {
  let sum = 8 * 0x20;
  for (let from = at; from < at + 148; from++) sum += block[from] as number;
  for (let from = at + 156; from < at + blockSize; from++) sum += block[from] as number;
  return sum;
}

/** The sum as some old tars have it, which took bytes for signed. */
function signedChecksum(block: Buffer): number {
  let sum = checksum(block, 0);
  for (let at = 0; at < blockSize; at++) {
    if ((at < 148 || at >= 156) && (block[at] as number) > 0x7f) sum -= 256;
  }
  return sum;
}

/** Reads bytes up to a NUL or the field's end. */
function readText(block: Buffer, at: number, width: number): string {
  let end = at;
  let bits = 0;
  while (end < at + width && block[end] !== 0) bits |= block[end++] as number;
  if (end === at) return "";
  return bits < 0x80 ? block.toString("latin1", at, end) : decodePath(block.subarray(at, end));
}

function fail(message: string): never {
  throw new OciError("invalid-tar", message);
}
