import type { Digest } from "../digest.ts";

/**
 * Where the bytes of a file are.
 *
 * Plain data, so that a list of entries can be stored and handed to a worker: bytes at hand, a part of a file of the
 * host (a source file, or a stored layer tar at an offset), or nothing at all for a file that is all zero bytes.
 */
export type Content =
  | { readonly from: "bytes"; readonly bytes: Uint8Array }
  | { readonly from: "file"; readonly path: string; readonly offset: number }
  | { readonly from: "segments"; readonly path: string; readonly segments: readonly Segment[] };

/** A run of stored bytes of a sparse file; what lies between the runs is zero. */
export interface Segment {
  /** Where the run begins in the sparse file, in bytes. */
  readonly at: number;
  /** Where the run is stored in the host file, in bytes. */
  readonly offset: number;
  readonly length: number;
}

export type EntryType = "file" | "directory" | "symlink" | "hardlink" | "character" | "block" | "fifo";

/**
 * One name in a file tree or in a layer.
 *
 * Paths are relative to the root, without leading, trailing or doubled slashes and without `.` and `..`; the root
 * itself is `""`. Bytes that are no UTF-8 stand as lone surrogates (see `path-bytes.ts`), so a path is always a string
 * and always goes back to the same bytes.
 */
export interface Entry {
  readonly path: string;
  readonly type: EntryType;
  /** Permission bits with setuid, setgid and sticky: 0 to 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Length of the content in bytes; 0 for everything but files. */
  readonly size: number;
  /** Seconds since 1970, whole or not. */
  readonly mtime: number;
  /** A symlink's target as it is written, or the path of the entry that a hard link names. */
  readonly linkname?: string;
  /** In the answer of a tree: the path of the name that this file was first known by, where it is a hard link. */
  readonly linkedTo?: string;
  readonly device?: { readonly major: number; readonly minor: number };
  /** Extended attributes by name; values are raw bytes. */
  readonly xattrs?: Readonly<Record<string, Uint8Array>>;
  /** The digest of the content, where somebody has computed it. */
  readonly digest?: Digest;
  /** How to get at the content of a file; absent where only the entry is known. */
  readonly content?: Content;
}

/** A tree of files that can be asked; the answer to "what is at this path" never follows links. */
export interface FileTree<E extends Entry = Entry> {
  /** The entry at a path, or undefined. The root `""` exists in every tree. Hard links are answered as files. */
  get(path: string): E | undefined;
  /** The names directly below a directory, in tree order; empty for anything else. */
  children(path: string): readonly string[];
}

/**
 * Compares two paths in tree order: component by component, by UTF-16 code units, a directory before its content.
 *
 * The order of every listing, every layer and every hash input.
 */
export function comparePaths(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at++) {
    const a = left.charCodeAt(at);
    const b = right.charCodeAt(at);
    if (a === b) continue;
    // A slash ends a component, so it sorts before every character.
    if (a === 0x2f) return -1;
    if (b === 0x2f) return 1;
    return a - b;
  }
  return left.length - right.length;
}
