/** A column of a row: a number, bytes, a text, or nothing. */
export type SqliteValue = number | Uint8Array | string | null;

/** A row with the number that it is kept under. */
export interface SqliteRow {
  readonly rowId: number;
  readonly values: readonly SqliteValue[];
}

const headerLength = 100;

/** Whether a file begins as a database of SQLite 3 does. */
export function isSqlite(database: Buffer): boolean {
  return database.toString("latin1", 0, 16) === "SQLite format 3\0";
}

/**
 * Reads the rows of a table from the bytes of an SQLite 3 database (https://www.sqlite.org/fileformat2.html).
 *
 * What a write-ahead log beside it has is not seen.
 *
 * @throws RangeError for what is no such database, or is damaged
 */
export function readSqliteTable(bytes: Buffer, table: string): readonly SqliteRow[] {
  if (!isSqlite(bytes)) throw new RangeError("it is no SQLite database");
  const stored = bytes.readUInt16BE(16);
  const pages = new Pages(bytes, stored === 1 ? 65_536 : stored, bytes[20] ?? 0);
  for (const { values } of pages.rows(1)) {
    const [type, name, , root] = values;
    if (type === "table" && name === table && typeof root === "number") return [...pages.rows(root)];
  }
  throw new RangeError(`it has no table ${table}`);
}

class Pages {
  readonly #bytes: Buffer;
  readonly #size: number;
  /** What a page has for its content. */
  readonly #usable: number;
  /** How many pages have not been read yet; each has one place. */
  #left: number;

  constructor(bytes: Buffer, size: number, reserved: number) {
    this.#bytes = bytes;
    this.#size = size;
    this.#usable = size - reserved;
    if (size < 512 || (size & (size - 1)) !== 0) throw new RangeError("its pages have no size");
    this.#left = Math.floor(bytes.length / size);
  }

  /** The rows of the tree of a table, in the order of their numbers. */
  *rows(root: number, depth = 0): Generator<SqliteRow> {
    if (depth > 20) throw new RangeError("its pages form a circle");
    const page = this.#page(root);
    const start = root === 1 ? headerLength : 0;
    const kind = page[start];
    const cells = page.readUInt16BE(start + 3);
    const pointers = start + (kind === 5 ? 12 : 8);
    for (let cell = 0; cell < cells; cell++) {
      const at = page.readUInt16BE(pointers + 2 * cell);
      if (kind === 5) yield* this.rows(page.readUInt32BE(at), depth + 1);
      else if (kind === 13) yield this.#row(page, at);
      else throw new RangeError(`a page of kind ${kind} is no table's`);
    }
    if (kind === 5) yield* this.rows(page.readUInt32BE(start + 8), depth + 1);
  }

  #page(number: number): Buffer {
    const page = this.#bytes.subarray((number - 1) * this.#size, number * this.#size);
    if (number < 1 || page.length < this.#size) throw new RangeError(`it has no page ${number}`);
    if (--this.#left < 0) throw new RangeError("its pages form a circle");
    return page;
  }

  #row(page: Buffer, at: number): SqliteRow {
    const [length, afterLength] = varint(page, at);
    const [rowId, afterId] = varint(page, afterLength);
    return { rowId, values: readRecord(this.#payload(page, afterId, length)) };
  }

  /** The bytes of a row; of a long one only the beginning is on its page ("Cell Payload Overflow Pages"). */
  #payload(page: Buffer, at: number, length: number): Buffer {
    if (length > this.#bytes.length) throw new RangeError("a row is longer than the file");
    const most = this.#usable - 35;
    if (length <= most) return page.subarray(at, at + length);
    const least = Math.floor(((this.#usable - 12) * 32) / 255) - 23;
    const fitting = least + ((length - least) % (this.#usable - 4));
    const here = fitting <= most ? fitting : least;
    const parts = [page.subarray(at, at + here)];
    let left = length - here;
    for (let next = page.readUInt32BE(at + here); left > 0; ) {
      const overflow = this.#page(next);
      const part = overflow.subarray(4, 4 + Math.min(left, this.#usable - 4));
      parts.push(part);
      left -= part.length;
      next = overflow.readUInt32BE(0);
    }
    return Buffer.concat(parts);
  }
}

/** Reads the columns of a row ("Record Format"). */
function readRecord(record: Buffer): readonly SqliteValue[] {
  const [headerEnd, first] = varint(record, 0);
  const values: SqliteValue[] = [];
  let body = headerEnd;
  for (let at = first; at < headerEnd; ) {
    const [type, next] = varint(record, at);
    at = next;
    const length = lengthOf(type);
    values.push(readValue(type, record.subarray(body, body + length)));
    body += length;
  }
  return values;
}

function lengthOf(type: number): number {
  if (type >= 12) return Math.floor((type - 12) / 2);
  return [0, 1, 2, 3, 4, 6, 8, 8, 0, 0][type] ?? 0;
}

function readValue(type: number, bytes: Buffer): SqliteValue {
  if (type >= 12) return type % 2 === 0 ? bytes : bytes.toString("utf8");
  if (type === 7) return bytes.readDoubleBE(0);
  if (type === 6) return Number(bytes.readBigInt64BE(0));
  if (type >= 1 && type <= 5) return bytes.readIntBE(0, bytes.length);
  return type === 8 ? 0 : type === 9 ? 1 : null;
}

/** A number of one to nine bytes, and where it ends. */
function varint(bytes: Buffer, at: number): readonly [number, number] {
  let value = 0;
  for (let count = 0; count < 8; count++) {
    const byte = bytes.readUInt8(at + count);
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return [value, at + count + 1];
  }
  return [value * 256 + bytes.readUInt8(at + 8), at + 9];
}
