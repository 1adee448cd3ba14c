import { endianness } from "node:os";
import { crc32 } from "node:zlib";
import { type Digest, digestParts } from "@strake/oci";
import type { FileStat } from "./directory-listing.ts";

/** One file as a stat cache remembers it; the path is well-formed. */
export interface CachedFile {
  readonly path: string;
  readonly stat: FileStat;
  readonly digest: Digest;
}

/** The content of a stat cache's file, taken apart only as far as it is asked for. */
export interface CachedStats {
  readonly paths: readonly string[];
  readonly manifests: readonly (readonly [string, Digest])[];
  find(path: string): number | undefined;
  stat(index: number): FileStat;
  digest(index: number): Digest;
}

// The file: a line with the format's name and byte order, the check sum of all that follows, the number of files and
// the length of the paths; then four numbers a file, 32 bytes of digest a file, the paths with zero bytes between them,
// and the manifests as JSON.
const magic = Buffer.from(`strake stat cache 1 ${endianness()}\n`);
const headerLength = magic.length + 12;
const statLength = 32;
const digestLength = 32;

/** Writes down what a stat cache remembers. */
export function writeCachedStats(
  files: readonly CachedFile[],
  manifests: readonly (readonly [string, Digest])[],
): Uint8Array {
  const stats = new Float64Array(files.length * 4);
  const digests = Buffer.alloc(files.length * digestLength);
  for (let index = 0; index < files.length; index++) {
    const { stat, digest } = files[index] as CachedFile;
    stats[index * 4] = stat.size;
    stats[index * 4 + 1] = stat.mtimeMs;
    stats[index * 4 + 2] = stat.ctimeMs;
    stats[index * 4 + 3] = stat.ino;
    digests.write(digestParts(digest).hex, index * digestLength, "hex");
  }
  const paths = Buffer.from(files.map((file) => file.path).join("\0"));
  const counts = Buffer.alloc(8);
  counts.writeUInt32LE(files.length, 0);
  counts.writeUInt32LE(paths.length, 4);
  const body = Buffer.concat([
    counts,
    Buffer.from(stats.buffer),
    digests,
    paths,
    Buffer.from(JSON.stringify(manifests)),
  ]);
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(crc32(body), 0);
  return Buffer.concat([magic, sum, body]);
}

/** Reads what `writeCachedStats` has written; bytes that are anything else are read as nothing remembered. */
export function readCachedStats(bytes: Buffer): CachedStats {
  if (!isIntact(bytes)) return nothing;
  const count = bytes.readUInt32LE(magic.length + 4);
  const pathsLength = bytes.readUInt32LE(magic.length + 8);
  const digestsAt = headerLength + count * statLength;
  const pathsAt = digestsAt + count * digestLength;
  const manifestsAt = pathsAt + pathsLength;
  // Copied to where a Float64Array may begin.
  const stats = new Float64Array(new Uint8Array(bytes.subarray(headerLength, digestsAt)).buffer);
  const paths = count === 0 ? [] : bytes.toString("utf8", pathsAt, manifestsAt).split("\0");
  let indexes: Map<string, number> | undefined;

  return {
    paths,
    manifests: JSON.parse(bytes.toString("utf8", manifestsAt)),
    find(path) {
      indexes ??= new Map(paths.map((each, index) => [each, index]));
      return indexes.get(path);
    },
    stat(index) {
      const at = index * 4;
      const number = (column: number) => stats[at + column] as number;
      return { size: number(0), mtimeMs: number(1), ctimeMs: number(2), ino: number(3) };
    },
    digest(index) {
      const at = digestsAt + index * digestLength;
      return `sha256:${bytes.toString("hex", at, at + digestLength)}`;
    },
  };
}

function isIntact(bytes: Buffer): boolean {
  return (
    bytes.length >= headerLength &&
    bytes.subarray(0, magic.length).equals(magic) &&
    bytes.readUInt32LE(magic.length) === crc32(bytes.subarray(magic.length + 4))
  );
}

const nothing: CachedStats = {
  paths: [],
  manifests: [],
  find: () => undefined,
  stat: () => ({ size: 0, mtimeMs: 0, ctimeMs: 0, ino: 0 }),
  digest: () => "sha256:",
};
