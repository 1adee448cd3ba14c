import { isBerkeleyHash, readBerkeleyHash } from "./berkeley-hash.ts";
import { isNdb, readNdb } from "./ndb.ts";
import type { Packages } from "./parse-packages.ts";
import { type RpmPackage, readRpmHeader } from "./rpm-header.ts";
import { isSqlite, readSqliteTable } from "./sqlite-table.ts";

/**
 * Reads rpm's database: SQLite, as Fedora has it since 33 and Red Hat Enterprise Linux since 9; Berkeley DB, as they
 * and Amazon Linux 2 had it before; or ndb, as SUSE has it.
 *
 * @throws RangeError for what is no such database, or is damaged
 */
export function parseRpmDatabase(database: Uint8Array): Packages {
  const found: RpmPackage[] = [];
  let length = 0;
  try {
    for (const header of readHeaders(database)) {
      // Headers lie beside one another in every form, so more than the whole comes only of places that are named twice.
      length += header.length;
      if (length > database.length) throw new RangeError("its packages lie in one another");
      const said = readRpmHeader(header);
      if (said !== undefined) found.push(said);
    }
  } catch (error) {
    if (isOutside(error)) throw new RangeError("it is damaged or cut off", { cause: error });
    throw error;
  }
  return named(found);
}

function* readHeaders(database: Uint8Array): Generator<Uint8Array> {
  const bytes = Buffer.from(database.buffer, database.byteOffset, database.byteLength);
  if (isNdb(bytes)) yield* readNdb(bytes);
  else if (isBerkeleyHash(bytes)) {
    // Under the key 0 there is the highest number that a package was given.
    for (const { key, value } of readBerkeleyHash(bytes)) if (key.some((byte) => byte !== 0)) yield value;
  } else if (!isSqlite(bytes)) throw new RangeError("it is no database of rpm");
  else {
    for (const { values } of readSqliteTable(bytes, "Packages")) {
      const blob = values.find((value) => value instanceof Uint8Array);
      if (blob !== undefined) yield blob as Uint8Array;
    }
  }
}

/** Gives packages their names; of two with one name the other is told by its architecture, or by its version. */
function named(found: readonly RpmPackage[]): Packages {
  const packages = new Map<string, string>();
  // A hash has no order of its own, and what is compared has to get the same names.
  for (const { name, arch, version } of found.toSorted(byArchitecture)) {
    const other = packages.has(name) ? `${name}.${arch}` : name;
    packages.set(packages.has(other) ? `${name}-${version}` : other, version);
  }
  return packages;
}

/** Puts x86_64 before i686, as the one that the name alone stands for. */
function byArchitecture(a: RpmPackage, b: RpmPackage): number {
  if (a.arch !== b.arch) return a.arch > b.arch ? -1 : 1;
  return a.version < b.version ? -1 : a.version > b.version ? 1 : 0;
}

/** Whether a reader of Node was asked for something that is not within the bytes. */
function isOutside(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === "ERR_OUT_OF_RANGE" || code === "ERR_BUFFER_OUT_OF_BOUNDS";
}
