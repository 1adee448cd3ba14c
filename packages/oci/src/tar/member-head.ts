import { OciError } from "../oci-error.ts";
import type { Entry, EntryType } from "../tree/entry.ts";
import { encodePath } from "../tree/path-bytes.ts";
import {
  blockSize,
  encodeHeader,
  type Header,
  maximumOctalId,
  maximumOctalSize,
  paddingOf,
  splitName,
} from "./header.ts";
import { encodePax, type PaxRecord, printPaxTime, xattrKey } from "./pax.ts";

const typeflags: Readonly<Record<EntryType, string>> = {
  file: "0",
  hardlink: "1",
  symlink: "2",
  character: "3",
  block: "4",
  directory: "5",
  fifo: "6",
};

const noDevice = Object.freeze({ major: 0, minor: 0 });

/**
 * Writes the head of an entry into one block, where one ustar block can say all of it.
 *
 * @param epoch times after it become it
 * @returns false, with nothing written, where an extended header is needed
 */
export function writePlainHead(entry: Entry, epoch: number | undefined, target: Buffer, at: number): boolean {
  const header = headerOf(entry, epoch);
  if (!isPlain(entry, header)) return false;
  encodeHeader(header, target, at);
  return true;
}

/**
 * Makes the head of an entry that needs an extended header: its header, its records, and the entry's own header.
 *
 * The names and fields are those of Go's archive/tar, which is what Docker, containerd and BuildKit write.
 *
 * @throws OciError `unsafe-path` for NUL in a name, `invalid-tar` for a number that no tar can hold
 */
export function encodeExtendedHead(entry: Entry, epoch: number | undefined): Buffer {
  const header = headerOf(entry, epoch);
  const records = recordsOf(entry, header);
  const fitting = fit(header);
  const split = isSplit(header, records);
  if (records.length === 0 || split) {
    const block = Buffer.allocUnsafe(blockSize);
    encodeHeader(split ? { ...fitting, name: header.name } : fitting, block, 0);
    return block;
  }
  const body = encodePax(records);
  const padded = body.length + paddingOf(body.length);
  const head = Buffer.alloc(2 * blockSize + padded);
  encodeHeader(extendedHeader(header.name, body.length), head, 0);
  body.copy(head, blockSize);
  encodeHeader(fitting, head, blockSize + padded);
  return head;
}

/** The length in bytes of what is written before an entry's content. */
export function headLength(entry: Entry, epoch: number | undefined): number {
  return isPlain(entry, headerOf(entry, epoch)) ? blockSize : encodeExtendedHead(entry, epoch).length;
}

function headerOf(entry: Entry, epoch: number | undefined): Header {
  return {
    name: entry.type !== "directory" ? entry.path : entry.path === "" ? "./" : entry.path + "/",
    typeflag: typeflags[entry.type],
    mode: entry.mode,
    uid: entry.uid,
    gid: entry.gid,
    size: entry.type === "file" ? entry.size : 0,
    mtime: epoch !== undefined && entry.mtime > epoch ? epoch : entry.mtime,
    linkname: entry.linkname ?? "",
    device: entry.device ?? noDevice,
  };
}

function isPlain(entry: Entry, header: Header): boolean {
  return (
    entry.xattrs === undefined &&
    header.name.length <= 100 &&
    header.linkname.length <= 100 &&
    isWhole(header.uid, maximumOctalId) &&
    isWhole(header.gid, maximumOctalId) &&
    isWhole(header.size, maximumOctalSize) &&
    isWhole(header.mtime, maximumOctalSize) &&
    isAscii(header.name) &&
    isAscii(header.linkname)
  );
}

/** The records that an entry's ustar header cannot say, sorted by key. */
function recordsOf(entry: Entry, header: Header): PaxRecord[] {
  const records: PaxRecord[] = [];
  const add = (key: string, value: Uint8Array | string) =>
    records.push({ key, value: typeof value === "string" ? encodePath(value) : value });
  for (const [name, value] of Object.entries(entry.xattrs ?? {})) add(xattrKey(name), value);
  const time = printPaxTime(header.mtime);
  for (const key of ["uid", "gid", "size"] as const) {
    const value = header[key];
    if (!isWhole(value, Number.MAX_SAFE_INTEGER)) invalid(entry, `${key} ${value}`);
    if (value > (key === "size" ? maximumOctalSize : maximumOctalId)) add(key, String(value));
  }
  if (!Number.isFinite(header.mtime)) invalid(entry, `time ${header.mtime}`);
  if (!isWhole(Number(time), maximumOctalSize)) add("mtime", time);
  for (const [key, name] of [
    ["path", header.name],
    ["linkpath", header.linkname],
  ] as const) {
    if (name.includes("\0")) throw new OciError("unsafe-path", `"${entry.path}" has a NUL in its ${key}`);
    if (name.length > 100 || !isAscii(name)) add(key, name);
  }
  return records.sort((left, right) => (left.key < right.key ? -1 : 1));
}

/** Tells whether the one thing that does not fit is the name, and splitting it at a slash helps. */
function isSplit(header: Header, records: readonly PaxRecord[]): boolean {
  const isName = records.length === 1 && records[0]?.key === "path";
  return isName && isAscii(header.name) && splitName(header.name) !== undefined;
}

/** Leaves in a header what fits; the records beside it say the rest. */
function fit(header: Header): Header {
  const seconds = Number(printPaxTime(header.mtime));
  return {
    ...header,
    name: fitName(header.name),
    linkname: fitName(header.linkname),
    uid: header.uid > maximumOctalId ? 0 : header.uid,
    gid: header.gid > maximumOctalId ? 0 : header.gid,
    size: header.size > maximumOctalSize ? 0 : header.size,
    mtime: seconds < 0 || seconds > maximumOctalSize ? 0 : Math.floor(seconds),
  };
}

function extendedHeader(name: string, size: number): Header {
  const slash = name.lastIndexOf("/");
  const file = name.slice(slash + 1);
  const parts = [name.slice(0, Math.max(slash, 0)), "PaxHeaders.0", file].filter((part) => part !== "" && part !== ".");
  const fitting = fitName(parts.join("/")).replace(/\/+$/, "");
  return { name: fitting, typeflag: "x", mode: 0, uid: 0, gid: 0, size, mtime: 0, linkname: "" };
}

/** Cuts a name to its field; some readers take a file whose cut name ends with a slash for a directory. */
function fitName(name: string): string {
  const ascii = name.replace(notAscii, "");
  return ascii.length <= 100 ? ascii : ascii.slice(0, 100).replace(/\/+$/, "");
}

const notAscii = /[^\x01-\x7f]/g;
const allAscii = /^[\x01-\x7f]*$/;

function isAscii(text: string): boolean {
  return allAscii.test(text);
}

function isWhole(value: number, maximum: number): boolean {
  return value >= 0 && value <= maximum && Math.floor(value) === value;
}

function invalid(entry: Entry, what: string): never {
  throw new OciError("invalid-tar", `"${entry.path}" cannot be written to a tar: ${what} is out of range`);
}
