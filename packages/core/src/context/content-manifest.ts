import { comparePaths, type Digest, type Entry, type EntryType } from "@strake/oci/document";
import { sha256 } from "../hash/sha256.ts";
import { planVersion } from "../plan/plan.ts";

/**
 * What a step really reads: every file with what matters of it. Times do not.
 *
 * Kept beside a step's result, so that two builds can be compared file by file later.
 */
export interface ContentManifest {
  /** In tree order, each path once. */
  readonly entries: readonly ManifestEntry[];
}

export interface ManifestEntry {
  readonly path: string;
  readonly type: EntryType;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Length of the content in bytes; files have it. */
  readonly size?: number;
  readonly linkname?: string;
  /** The digest of a file's content. */
  readonly digest?: Digest;
  readonly device?: { readonly major: number; readonly minor: number };
  /** Extended attributes by name; values are base64. */
  readonly xattrs?: Readonly<Record<string, string>>;
}

/**
 * Makes the manifest of some entries.
 *
 * @param digests digests of the files' contents by path, for entries that carry none of their own
 */
export function contentManifest(entries: Iterable<Entry>, digests?: ReadonlyMap<string, Digest>): ContentManifest {
  const listed = Array.from(entries, (entry) => manifestEntry(entry, entry.digest ?? digests?.get(entry.path)));
  return { entries: listed.sort((left, right) => comparePaths(left.path, right.path)) };
}

/** Computes the digest that stands for a manifest: equal for equal files, on every machine. */
export function manifestDigest(manifest: ContentManifest): Digest {
  // Rows rather than objects: the names of the members would be most of what is hashed.
  const rows = manifest.entries.map((entry) => [
    entry.path,
    entry.type,
    entry.mode,
    entry.uid,
    entry.gid,
    entry.size ?? null,
    entry.digest ?? null,
    entry.linkname ?? null,
    entry.device === undefined ? null : [entry.device.major, entry.device.minor],
    entry.xattrs === undefined ? null : Object.entries(entry.xattrs).sort(byName),
  ]);
  // Of lists, texts and whole numbers alone, JSON as ECMAScript writes it is canonical, and much sooner at hand.
  return sha256(JSON.stringify([planVersion, "manifest", rows]));
}

/** What became of one path between two builds; a path that changed in several ways has several. */
export interface FileChange {
  readonly kind: FileChangeKind;
  readonly path: string;
  /** Absent where the path was added. */
  readonly before?: ManifestEntry;
  /** Absent where the path was removed. */
  readonly after?: ManifestEntry;
}

/** How a file is different; `content` is also the target of a link, and the number of a device. */
export type FileChangeKind = "added" | "removed" | "type" | "content" | "mode" | "owner" | "attributes";

/** Compares two manifests file by file: why a step has to run again. In tree order, without what stayed the same. */
export function diffManifests(before: ContentManifest, after: ContentManifest): FileChange[] {
  const changes: FileChange[] = [];
  const earlier = new Map(before.entries.map((entry) => [entry.path, entry]));
  for (const entry of after.entries) {
    const { path } = entry;
    const old = earlier.get(path);
    earlier.delete(path);
    if (old === undefined) changes.push({ kind: "added", path, after: entry });
    else for (const kind of differences(old, entry)) changes.push({ kind, path, before: old, after: entry });
  }
  for (const [path, entry] of earlier) changes.push({ kind: "removed", path, before: entry });
  return changes.sort((left, right) => comparePaths(left.path, right.path));
}

function differences(before: ManifestEntry, after: ManifestEntry): FileChangeKind[] {
  const kinds: FileChangeKind[] = [];
  if (before.type !== after.type) kinds.push("type");
  else if (!sameContent(before, after)) kinds.push("content");
  if (before.mode !== after.mode) kinds.push("mode");
  if (before.uid !== after.uid || before.gid !== after.gid) kinds.push("owner");
  if (!sameAttributes(before.xattrs ?? {}, after.xattrs ?? {})) kinds.push("attributes");
  return kinds;
}

function byName([left]: readonly [string, string], [right]: readonly [string, string]): number {
  return left < right ? -1 : 1;
}

function manifestEntry(entry: Entry, digest: Digest | undefined): ManifestEntry {
  const { path, type, mode, uid, gid, size, linkname, device, xattrs } = entry;
  return {
    path,
    type,
    mode,
    uid,
    gid,
    ...(type === "file" && { size }),
    ...(linkname !== undefined && { linkname }),
    ...(digest !== undefined && { digest }),
    ...(device !== undefined && { device }),
    ...(xattrs !== undefined && Object.keys(xattrs).length > 0 && { xattrs: printAttributes(xattrs) }),
  };
}

function printAttributes(xattrs: Readonly<Record<string, Uint8Array>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(xattrs).map(([name, value]) => [name, Buffer.from(value).toString("base64")]),
  );
}

function sameContent(before: ManifestEntry, after: ManifestEntry): boolean {
  return (
    before.size === after.size &&
    before.digest === after.digest &&
    before.linkname === after.linkname &&
    before.device?.major === after.device?.major &&
    before.device?.minor === after.device?.minor
  );
}

function sameAttributes(before: Readonly<Record<string, string>>, after: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(before);
  return names.length === Object.keys(after).length && names.every((name) => before[name] === after[name]);
}
