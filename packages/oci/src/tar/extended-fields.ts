import { OciError } from "../oci-error.ts";
import { decodePath } from "../tree/path-bytes.ts";
import { type PaxRecord, xattrName } from "./pax.ts";

/** What extended headers say about a member, in place of its own header. */
export interface ExtendedFields {
  readonly path?: string;
  readonly linkpath?: string;
  readonly size?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly mtime?: number;
  readonly xattrs?: Readonly<Record<string, Uint8Array>>;
  readonly sparse?: SparseFields;
}

/** GNU's records about a sparse file, of its pax formats 0.0, 0.1 and 1.0. */
export interface SparseFields {
  readonly name?: string;
  /** The length of the expanded file. */
  readonly size?: number;
  /** Offset and length in turn, where the records hold the map. */
  readonly runs?: readonly number[];
  /** The runs are at the beginning of the content (format 1.0). */
  readonly inContent?: boolean;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Gathers what records say, each overruling those before it and `base`; an empty value takes a field back.
 *
 * @param where what the records belong to, for messages
 * @throws OciError `invalid-tar`, `unsafe-path` for a path with NUL
 */
export function gatherFields(records: readonly PaxRecord[], base: ExtendedFields, where: string): ExtendedFields {
  const fields: Mutable<ExtendedFields> = { ...base };
  const xattrs: [string, Uint8Array][] = [];
  const sparse: SparseRecord[] = [];
  for (const { key, value } of records) {
    const attribute = xattrName(key);
    if (attribute !== undefined) xattrs.push([attribute, new Uint8Array(value)]);
    else if (key.startsWith("GNU.sparse.")) sparse.push([key.slice(11), decodePath(value)]);
    else setField(fields, key, value, where);
  }
  // From entries, so that a name such as __proto__ is a name like any other.
  if (xattrs.length > 0) fields.xattrs = Object.fromEntries([...Object.entries(base.xattrs ?? {}), ...xattrs]);
  if (sparse.length > 0) fields.sparse = gatherSparse(sparse, where);
  return fields;
}

function setField(fields: Mutable<ExtendedFields>, key: string, value: Uint8Array, where: string): void {
  switch (key) {
    case "path":
    case "linkpath":
      if (value.length === 0) delete fields[key];
      else fields[key] = safeName(value, where);
      break;
    case "size":
    case "uid":
    case "gid":
      if (value.length === 0) delete fields[key];
      else fields[key] = wholeNumber(decodePath(value), key, where);
      break;
    case "mtime":
      if (value.length === 0) delete fields.mtime;
      else fields.mtime = time(decodePath(value), where);
      break;
  }
}

type SparseRecord = readonly [key: string, value: string];

function gatherSparse(records: readonly SparseRecord[], where: string): SparseFields {
  const sparse: Mutable<SparseFields> = {};
  const listed: number[] = [];
  const number = (text: string) => wholeNumber(text, "GNU.sparse", where);
  for (const [key, value] of records) {
    if (key === "name") sparse.name = value;
    else if (key === "size" || key === "realsize") sparse.size = number(value);
    else if (key === "offset" || key === "numbytes") listed.push(number(value));
    else if (key === "map") sparse.runs = value === "" ? [] : value.split(",").map(number);
    else if (key === "major") sparse.inContent = value === "1";
  }
  if (listed.length > 0) sparse.runs = listed;
  return sparse;
}

function safeName(value: Uint8Array, where: string): string {
  if (value.includes(0)) throw new OciError("unsafe-path", `the extended header ${where} has a path with NUL`);
  return decodePath(value);
}

function wholeNumber(text: string, key: string, where: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw malformed(key, text, where);
  return value;
}

function time(text: string, where: string): number {
  if (text.length > 64 || !/^-?\d+(\.\d*)?$/.test(text)) throw malformed("mtime", text, where);
  return Number(text);
}

function malformed(key: string, text: string, where: string): OciError {
  return new OciError(
    "invalid-tar",
    `the extended header ${where} has ${key}=${text.slice(0, 40)}, which is no number`,
  );
}
