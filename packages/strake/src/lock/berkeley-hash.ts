/** An entry of a hash. */
export interface BerkeleyEntry {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** Kinds of pages; those of hashes from before Berkeley DB 4.6 are not sorted. */
const page = { unsortedHash: 2, overflow: 7, hashHead: 8, hash: 13 } as const;

/** Kinds of what stands on a page of a hash: bytes, or where on other pages they are. */
const item = { bytes: 1, elsewhere: 3 } as const;

const hashMagic = 0x061561;
/** What every page but the first begins with: its own number, those beside it, how much it has, and its kind. */
const pageHead = 26;
/** The versions of hashes that Berkeley DB 3 to 5 and 18 write. */
const versions = { first: 8, last: 10 } as const;

/** Whether a file is a hash of Berkeley DB, with numbers of either byte order. */
export function isBerkeleyHash(database: Buffer): boolean {
  return database.length >= 512 && (database.readUInt32LE(12) === hashMagic || database.readUInt32BE(12) === hashMagic);
}

/**
 * Reads the entries of a hash of Berkeley DB, as rpm keeps packages in, in the order of the pages (db_page.h of libdb).
 *
 * What a log beside it has is not seen, and entries with several values are refused.
 *
 * @throws RangeError for what is no such hash, or is damaged
 */
export function* readBerkeleyHash(database: Buffer): Generator<BerkeleyEntry> {
  const hash = new BerkeleyHash(database);
  for (let number = 1; number <= hash.lastPage; number++) yield* hash.entriesOf(number);
}

class BerkeleyHash {
  readonly lastPage: number;
  readonly #bytes: Buffer;
  readonly #bigEndian: boolean;
  readonly #size: number;

  constructor(database: Buffer) {
    if (!isBerkeleyHash(database)) throw new RangeError("it is no hash of Berkeley DB");
    this.#bytes = database;
    this.#bigEndian = database.readUInt32BE(12) === hashMagic;
    this.#size = this.#uint32(20);
    this.lastPage = this.#uint32(32);
    const version = this.#uint32(16);
    if (version < versions.first || version > versions.last) throw new RangeError(`version ${version} is not known`);
    if (this.#size < 512 || this.#size > 65_536 || (this.#size & (this.#size - 1)) !== 0) {
      throw new RangeError("its pages have no size");
    }
    // With checksums or encryption pages begin otherwise.
    if (database[24] !== 0 || database[25] !== page.hashHead || database[26] !== 0) {
      throw new RangeError("it is encrypted or has checksums");
    }
    if ((this.lastPage + 1) * this.#size > database.length) throw new RangeError("it is cut off");
  }

  /** The entries that begin on a page; none where it is not of the hash itself. */
  *entriesOf(number: number): Generator<BerkeleyEntry> {
    const start = number * this.#size;
    const kind = this.#bytes[start + 25];
    if (kind !== page.hash && kind !== page.unsortedHash) return;
    const places = this.#uint16(start + 20);
    if (places % 2 !== 0 || pageHead + 2 * places > this.#size) throw new RangeError(`page ${number} is damaged`);
    // The first thing on a page is at its end, and each is before the last one.
    let end = this.#size;
    const next = (at: number): Buffer => {
      const from = this.#uint16(start + pageHead + 2 * at);
      if (from >= end || from < pageHead + 2 * places) throw new RangeError(`page ${number} is damaged`);
      const bytes = this.#read(this.#bytes.subarray(start + from, start + end), start + from);
      end = from;
      return bytes;
    };
    for (let at = 0; at < places; at += 2) yield { key: next(at), value: next(at + 1) };
  }

  #read(bytes: Buffer, at: number): Buffer {
    if (bytes[0] === item.bytes) return bytes.subarray(1);
    if (bytes[0] !== item.elsewhere || bytes.length !== 12) throw new RangeError("an entry has no value");
    return this.#overflow(this.#uint32(at + 4), this.#uint32(at + 8));
  }

  /** What does not fit on a page is on a chain of others. */
  #overflow(first: number, length: number): Buffer {
    if (length > this.#bytes.length) throw new RangeError("an entry is longer than the file");
    const parts: Buffer[] = [];
    let left = length;
    for (let number = first; left > 0; ) {
      const start = number * this.#size;
      if (number < 1 || number > this.lastPage || this.#bytes[start + 25] !== page.overflow) {
        throw new RangeError(`page ${number} has no part of an entry`);
      }
      const here = this.#uint16(start + 22);
      // Each part has something, so a chain that leads back ends all the same.
      if (here === 0 || here > left || pageHead + here > this.#size) throw new RangeError(`page ${number} is damaged`);
      parts.push(this.#bytes.subarray(start + pageHead, start + pageHead + here));
      left -= here;
      number = this.#uint32(start + 16);
    }
    return Buffer.concat(parts);
  }

  #uint32(at: number): number {
    return this.#bigEndian ? this.#bytes.readUInt32BE(at) : this.#bytes.readUInt32LE(at);
  }

  #uint16(at: number): number {
    return this.#bigEndian ? this.#bytes.readUInt16BE(at) : this.#bytes.readUInt16LE(at);
  }
}
