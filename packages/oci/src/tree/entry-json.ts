import { isDigest } from "../digest.ts";
import { OciError } from "../oci-error.ts";
import type { Content, Entry, EntryType, Segment } from "./entry.ts";

/**
 * The first member of the JSON, changed whenever its form changes.
 *
 * The form is a table: each entry a row of path, type, mode, owner, group, size and time, with an object for the rest
 * where there is any; host paths stand once, in a list of their own.
 */
const version = 1;

const typeLetters = {
  file: "f",
  directory: "d",
  symlink: "l",
  hardlink: "h",
  character: "c",
  block: "b",
  fifo: "p",
} as const;
const typesByLetter = new Map<unknown, EntryType>(
  Object.entries(typeLetters).map(([type, letter]) => [letter, type as EntryType]),
);

/** Bytes in base64; the index of a host file and an offset in it; or that index and at, offset, length in turn. */
type EncodedContent = string | readonly [file: number, place: number | readonly number[]];

interface Rest {
  l?: string;
  v?: readonly [major: number, minor: number];
  x?: Readonly<Record<string, string>>;
  h?: string;
  c?: EncodedContent;
}

/**
 * Writes a list of entries as compact JSON that survives being stored as UTF-8: lone surrogates are escaped.
 *
 * Same entries, same text; only equal host paths, digests and attributes in the same order count as same.
 */
export function encodeEntries(entries: readonly Entry[]): string {
  const files = new Map<string, number>();
  const rows = entries.map((entry) => {
    const rest = encodeRest(entry, files);
    const row: unknown[] = [
      entry.path,
      typeLetters[entry.type],
      entry.mode,
      entry.uid,
      entry.gid,
      entry.size,
      entry.mtime,
    ];
    if (rest !== undefined) row.push(rest);
    return row;
  });
  return JSON.stringify({ version, files: [...files.keys()], entries: rows });
}

/**
 * Reads a list of entries that `encodeEntries` wrote.
 *
 * @throws OciError `invalid-document` where it is anything else
 */
export function decodeEntries(text: string): Entry[] {
  const document = parse(text) as { version?: unknown; files?: unknown; entries?: unknown } | null;
  if (document?.version !== version) throw invalid("its version is not known");
  const { files, entries } = document;
  if (!Array.isArray(files) || !Array.isArray(entries)) throw invalid("it has no table of entries");
  if (!files.every((file) => typeof file === "string")) throw invalid("a host path is no text");
  return entries.map((row, index) => {
    try {
      return decodeRow(row, files);
    } catch (error) {
      throw OciError.is(error) ? error : invalid(`entry ${index} is malformed: ${(error as Error).message}`);
    }
  });
}

function encodeRest(entry: Entry, files: Map<string, number>): Rest | undefined {
  if (entry.linkname === undefined && !entry.device && !entry.xattrs && !entry.digest && !entry.content)
    return undefined;
  const rest: Rest = {};
  if (entry.linkname !== undefined) rest.l = entry.linkname;
  if (entry.device !== undefined) rest.v = [entry.device.major, entry.device.minor];
  if (entry.xattrs !== undefined) {
    rest.x = Object.fromEntries(Object.entries(entry.xattrs).map(([name, value]) => [name, toBase64(value)]));
  }
  if (entry.digest !== undefined) rest.h = entry.digest;
  if (entry.content !== undefined) rest.c = encodeContent(entry.content, files);
  return rest;
}

function encodeContent(content: Content, files: Map<string, number>): EncodedContent {
  if (content.from === "bytes") return toBase64(content.bytes);
  let file = files.get(content.path);
  if (file === undefined) {
    file = files.size;
    files.set(content.path, file);
  }
  if (content.from === "file") return [file, content.offset];
  return [file, content.segments.flatMap(({ at, offset, length }) => [at, offset, length])];
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function decodeRow(row: unknown, files: readonly string[]): Entry {
  if (!Array.isArray(row) || row.length < 7 || row.length > 8) throw invalid("an entry has too few or too many fields");
  const [path, letter, mode, uid, gid, size, mtime, rest] = row;
  const type = typesByLetter.get(letter);
  if (typeof path !== "string" || !isEntryPath(path)) throw invalid(`${JSON.stringify(path)} is not an entry's path`);
  if (type === undefined) throw invalid(`"${path}" has an unknown type`);
  if (!isCount(mode) || mode > 0o7777 || !isCount(uid) || !isCount(gid) || !isCount(size) || !Number.isFinite(mtime)) {
    throw invalid(`"${path}" has a number out of range`);
  }
  const entry: Mutable<Entry> = { path, type, mode, uid, gid, size, mtime };
  if (rest !== undefined) decodeRest(rest, entry, files);
  checkLinkname(entry);
  return entry;
}

function decodeRest(rest: Rest, entry: Mutable<Entry>, files: readonly string[]): void {
  if (typeof rest !== "object") throw invalid(`"${entry.path}" has a field too many`);
  if (rest.l !== undefined) entry.linkname = text(rest.l, entry);
  if (rest.v !== undefined) {
    const [major, minor] = rest.v;
    if (!isCount(major) || !isCount(minor)) throw invalid(`"${entry.path}" has a malformed device`);
    entry.device = { major, minor };
  }
  if (rest.x !== undefined) {
    const pairs = Object.entries(rest.x).map(([name, value]) => [name, fromBase64(value, entry)] as const);
    entry.xattrs = Object.fromEntries(pairs);
  }
  if (rest.h !== undefined) {
    if (!isDigest(rest.h)) throw invalid(`"${entry.path}" has a malformed digest`);
    entry.digest = rest.h;
  }
  if (rest.c !== undefined) entry.content = decodeContent(rest.c, entry, files);
}

function decodeContent(content: EncodedContent, entry: Entry, files: readonly string[]): Content {
  if (typeof content === "string") return { from: "bytes", bytes: fromBase64(content, entry) };
  const [file, place] = content;
  const path = isCount(file) ? files[file] : undefined;
  if (path === undefined) throw invalid(`"${entry.path}" is in an unknown file`);
  if (isCount(place)) return { from: "file", path, offset: place };
  if (!Array.isArray(place) || place.length % 3 !== 0 || !place.every(isCount)) {
    throw invalid(`"${entry.path}" has malformed segments`);
  }
  const numbers: readonly number[] = place;
  const segments: Segment[] = [];
  for (let index = 0; index < numbers.length; index += 3) {
    const [at = 0, offset = 0, length = 0] = numbers.slice(index, index + 3);
    segments.push({ at, offset, length });
  }
  return { from: "segments", path, segments };
}

/** A hard link names an entry's path and a symlink anything; nothing else names something. */
function checkLinkname(entry: Entry): void {
  const { type, linkname } = entry;
  const isLink = type === "symlink" || type === "hardlink";
  if (isLink !== (linkname !== undefined) || (type === "hardlink" && !isEntryPath(linkname ?? ""))) {
    throw invalid(`"${entry.path}" has a malformed link target`);
  }
}

/** A path as entries have it: no empty, `.` or `..` component, no NUL. */
function isEntryPath(path: string): boolean {
  if (path === "") return true;
  if (path.startsWith("/") || path.endsWith("/") || path.includes("//") || path.includes("\0")) return false;
  // Most paths have no component with a dot first, which is cheaper to see than to search by pattern.
  return !(path.startsWith(".") || path.includes("/.")) || !/(?:^|\/)\.{1,2}(?:\/|$)/.test(path);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && Number.isSafeInteger(value);
}

function text(value: unknown, entry: Entry): string {
  if (typeof value !== "string") throw invalid(`"${entry.path}" has a field that is no text`);
  return value;
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

function fromBase64(encoded: unknown, entry: Entry): Uint8Array {
  const value = text(encoded, entry);
  if (value.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(value)) {
    throw invalid(`"${entry.path}" has bytes that are not base64`);
  }
  return new Uint8Array(Buffer.from(value, "base64"));
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new OciError("invalid-document", "the list of entries is not JSON", { cause });
  }
}

function invalid(why: string): OciError {
  return new OciError("invalid-document", `the list of entries cannot be read: ${why}`);
}
