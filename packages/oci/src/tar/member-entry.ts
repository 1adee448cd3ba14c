import { OciError } from "../oci-error.ts";
import type { Entry, EntryType } from "../tree/entry.ts";
import type { ExtendedFields } from "./extended-fields.ts";
import type { Header } from "./header.ts";
import { hardlinkTarget, memberPath } from "./member-path.ts";

/** An entry in the making. */
export type MutableEntry = { -readonly [K in keyof Entry]: Entry[K] };

/** The types of entries by type flag; GNU's `S` is a sparse file and its `D` a directory with a listing as content. */
const types: Readonly<Record<string, EntryType>> = {
  "0": "file",
  "1": "hardlink",
  "2": "symlink",
  "3": "character",
  "4": "block",
  "5": "directory",
  "6": "fifo",
  "7": "file",
  D: "directory",
  S: "file",
};

/** The type flags whose size says nothing about stored content, for some tars give it to links and directories. */
const withoutContent = "123456";

/**
 * Makes the entry that a header and its extended fields describe; a sparse file has its stored size still.
 *
 * @returns the entry, and the number of bytes that are stored after its head
 * @throws OciError `invalid-tar`, `unsafe-path`
 */
export function memberEntry(header: Header, fields: ExtendedFields): { entry: MutableEntry; stored: number } {
  const name = fields.sparse?.name ?? fields.path ?? header.name;
  const path = memberPath(name);
  const type = typeOf(header, name);
  const size = fields.size ?? header.size;
  const entry: MutableEntry = {
    path,
    type,
    mode: header.mode & 0o7777,
    uid: fields.uid ?? header.uid,
    gid: fields.gid ?? header.gid,
    size: type === "file" ? size : 0,
    mtime: fields.mtime ?? header.mtime,
  };
  if (entry.uid < 0 || entry.gid < 0 || size < 0) throw invalid(path, "a negative size or owner");
  if (path === "" && type !== "directory") throw invalid(path, "no name");
  if (type === "hardlink" || type === "symlink")
    entry.linkname = linknameOf(type, path, fields.linkpath ?? header.linkname);
  if (header.device !== undefined) entry.device = header.device;
  if (fields.xattrs !== undefined) entry.xattrs = fields.xattrs;
  return { entry, stored: withoutContent.includes(header.typeflag) ? 0 : size };
}

function typeOf(header: Header, name: string): EntryType {
  const type = types[header.typeflag];
  if (type === undefined) throw invalid(name, `the unknown type "${header.typeflag}"`);
  // Tars older than ustar tell directories by their slash alone.
  return header.typeflag === "0" && name.endsWith("/") ? "directory" : type;
}

function linknameOf(type: "hardlink" | "symlink", path: string, target: string): string {
  if (type === "hardlink") return hardlinkTarget(path, target);
  if (target === "") throw invalid(path, "an empty link target");
  return target;
}

function invalid(path: string, what: string): OciError {
  return new OciError("invalid-tar", `the member "${path}" of the tar has ${what}`);
}
