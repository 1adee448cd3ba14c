import type { Packages } from "./parse-packages.ts";
import { readSqliteTable } from "./sqlite-table.ts";

/** Numbers of what is said of a package (https://rpm.org/docs/latest/man/rpm-tags.7). */
const tag = { name: 1000, version: 1001, release: 1002, epoch: 1003, arch: 1022 } as const;

/** Kinds of values that are read here. */
const kind = { int32: 4, string: 6 } as const;

/**
 * Reads rpm's database in SQLite, as Fedora has it since 33 and Red Hat Enterprise Linux since 9.
 *
 * @throws RangeError for what is no such database, or is damaged
 */
export function parseRpmDatabase(database: Uint8Array): Packages {
  const packages = new Map<string, string>();
  for (const { values } of readSqliteTable(database, "Packages")) {
    const blob = values.find((value) => value instanceof Uint8Array);
    const said = blob === undefined ? undefined : readHeader(blob as Uint8Array);
    const [name, version, release] = [said?.get(tag.name), said?.get(tag.version), said?.get(tag.release)];
    // Keys that were imported look like packages and are none.
    if (name === undefined || version === undefined || name === "gpg-pubkey") continue;
    const epoch = said?.get(tag.epoch);
    const whole = `${epoch === undefined ? "" : `${epoch}:`}${version}-${release}`;
    // One of two architectures, or versions of a kernel, can be there beside the other.
    const arch = packages.has(name) ? `${name}.${said?.get(tag.arch)}` : name;
    packages.set(packages.has(arch) ? `${name}-${whole}` : arch, whole);
  }
  return packages;
}

/**
 * Reads the texts and numbers of a package's header: two lengths, an index of tag, kind, place and count, and a store
 * (https://rpm-software-management.github.io/rpm/manual/format_header.html).
 */
function readHeader(blob: Uint8Array): ReadonlyMap<number, string> {
  const bytes = Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength);
  const count = bytes.readUInt32BE(0);
  const store = 8 + 16 * count;
  const said = new Map<number, string>();
  for (let at = 8; at < store; at += 16) {
    const [name, type, offset] = [bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4), bytes.readUInt32BE(at + 8)];
    if (!known.has(name)) continue;
    const place = store + offset;
    if (type === kind.int32) said.set(name, String(bytes.readUInt32BE(place)));
    if (type === kind.string) said.set(name, bytes.toString("utf8", place, endOf(bytes, place)));
  }
  return said;
}

const known: ReadonlySet<number> = new Set(Object.values(tag));

function endOf(bytes: Buffer, from: number): number {
  const end = bytes.indexOf(0, from);
  if (end === -1) throw new RangeError("a text of a package does not end");
  return end;
}
