/** What a package's header says that is of use here. */
export interface RpmPackage {
  readonly name: string;
  readonly arch: string;
  /** As rpm writes it: `epoch:version-release`, without the epoch where there is none. */
  readonly version: string;
}

/** Numbers of what is said of a package (https://rpm.org/docs/latest/man/rpm-tags.7). */
const tag = { name: 1000, version: 1001, release: 1002, epoch: 1003, arch: 1022 } as const;

const known: ReadonlySet<number> = new Set(Object.values(tag));

/** Kinds of values that are read here. */
const kind = { int32: 4, string: 6 } as const;

/**
 * Reads a package's header as rpm's databases keep it, whichever they are.
 *
 * @returns nothing for what is no package: keys that were imported look like some
 * @throws RangeError for a header that is damaged
 */
export function readRpmHeader(header: Uint8Array): RpmPackage | undefined {
  const said = readValues(Buffer.from(header.buffer, header.byteOffset, header.byteLength));
  const [name, version, epoch] = [said.get(tag.name), said.get(tag.version), said.get(tag.epoch)];
  if (name === undefined || version === undefined || name === "gpg-pubkey") return undefined;
  const whole = `${epoch === undefined ? "" : `${epoch}:`}${version}-${said.get(tag.release)}`;
  return { name, arch: said.get(tag.arch) ?? "noarch", version: whole };
}

/**
 * Reads the texts and numbers of a header: two lengths, an index of tag, kind, place and count, and a store
 * (https://rpm-software-management.github.io/rpm/manual/format_header.html).
 */
function readValues(bytes: Buffer): ReadonlyMap<number, string> {
  const count = bytes.readUInt32BE(0);
  const store = 8 + 16 * count;
  const said = new Map<number, string>();
  for (let at = 8; at < store; at += 16) {
    const [name, type, offset] = [bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4), bytes.readUInt32BE(at + 8)];
    if (!known.has(name) || said.has(name)) continue;
    const place = store + offset;
    if (type === kind.int32) said.set(name, String(bytes.readUInt32BE(place)));
    if (type === kind.string) said.set(name, bytes.toString("utf8", place, endOf(bytes, place)));
  }
  return said;
}

function endOf(bytes: Buffer, from: number): number {
  const end = bytes.indexOf(0, from);
  if (end === -1) throw new RangeError("a text of a package does not end");
  return end;
}
