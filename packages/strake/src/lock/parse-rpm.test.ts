import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseRpmDatabase } from "./parse-rpm.ts";

const uint32 = (...values: number[]) => {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [at, value] of values.entries()) bytes.writeUInt32BE(value, 4 * at);
  return bytes;
};

/** A package's header with some texts under their tags. */
function header(texts: readonly (readonly [number, string])[]): Buffer {
  const store = texts.map(([, text]) => Buffer.from(`${text}\0`));
  const places = store.map((_, at) => Buffer.concat(store.slice(0, at)).length);
  const index = texts.map(([tag], at) => uint32(tag, 6, places[at] as number, 1));
  return Buffer.concat([uint32(texts.length, Buffer.concat(store).length), ...index, ...store]);
}

/** As long as it takes for a package to need several pages, or to fit on one with others. */
const described = (name: string, length: number, arch = "x86_64") =>
  header([
    [1005, "d".repeat(length)],
    [1000, name],
    [1001, "1.0"],
    [1002, "2"],
    [1022, arch],
  ]);

const headers = [
  described("bash", 3000, "i686"),
  described("bash", 20),
  header([
    [1000, "gpg-pubkey"],
    [1001, "1"],
  ]),
  described("zlib", 300),
];

/** `Packages.db` of ndb: a page of slots, of which the second is free, and blobs. */
function ndb(): Buffer {
  const table = Buffer.alloc(4096);
  for (let slot = 0; slot < 256; slot++) table.write("Slot", 16 * slot);
  table.write("RpmP");
  for (const [at, value] of [0, 7, 1, 99].entries()) table.writeUInt32LE(value, 4 + 4 * at);
  const blobs: Buffer[] = [];
  let block = 256;
  for (const [at, bytes] of headers.entries()) {
    const blocks = Math.ceil((28 + bytes.length) / 16);
    const blob = Buffer.alloc(blocks * 16);
    blob.write("BlbS");
    blob.writeUInt32LE(at + 1, 4);
    blob.writeUInt32LE(bytes.length, 12);
    bytes.copy(blob, 16);
    blob.writeUInt32LE(bytes.length, blob.length - 8);
    blob.write("BlbE", blob.length - 4);
    const slot = 16 * (at === 0 ? 2 : at + 3);
    for (const [field, value] of [at + 1, block, blocks].entries()) table.writeUInt32LE(value, slot + 4 + 4 * field);
    blobs.push(blob);
    block += blocks;
  }
  return Buffer.concat([table, ...blobs]);
}

/** A hash of Berkeley DB with pages of 1024 bytes, of which the first has the entries. */
function berkeley(bigEndian = false): Buffer {
  const size = 1024;
  const pages: Buffer[] = [];
  const put32 = (page: Buffer, at: number, value: number) =>
    bigEndian ? page.writeUInt32BE(value, at) : page.writeUInt32LE(value, at);
  const put16 = (page: Buffer, at: number, value: number) =>
    bigEndian ? page.writeUInt16BE(value, at) : page.writeUInt16LE(value, at);
  const page = (kind: number) => {
    const made = Buffer.alloc(size);
    put32(made, 8, pages.length);
    made[25] = kind;
    pages.push(made);
    return made;
  };
  const head = page(8);
  const entries = page(13);
  let [places, end] = [0, size];
  const item = (bytes: Buffer) => {
    end -= bytes.length;
    bytes.copy(entries, end);
    put16(entries, 26 + 2 * places++, end);
    put16(entries, 20, places);
  };
  const elsewhere = (value: Buffer) => {
    const place = Buffer.from([3, 0, 0, 0, ...uint32(0, 0)]);
    put32(place, 4, pages.length);
    put32(place, 8, value.length);
    for (let at = 0; at < value.length; at += size - 26) {
      const part = value.subarray(at, at + size - 26);
      const overflow = page(7);
      part.copy(overflow, 26);
      put16(overflow, 22, part.length);
      if (at + size - 26 < value.length) put32(overflow, 16, pages.length);
    }
    return place;
  };
  for (const [at, value] of [Buffer.from("\0\0\0\x04"), ...headers].entries()) {
    item(Buffer.from([1, at, 0, 0, 0]));
    item(value.length < size / 4 ? Buffer.concat([Buffer.from([1]), value]) : elsewhere(value));
  }
  for (const [at, value] of [0x061561, 9, size].entries()) put32(head, 12 + 4 * at, value);
  put32(head, 32, pages.length - 1);
  return Buffer.concat(pages);
}

/** A database of SQLite with pages of 1024 bytes: the list of tables, and the table with the headers. */
function sqlite(): Buffer {
  const size = 1024;
  const pages = [Buffer.alloc(size), Buffer.alloc(size)];
  const varint = (value: number) => Buffer.from(value < 128 ? [value] : [128 + (value >> 7), value & 127]);
  const table = (page: Buffer, start: number, rows: readonly (readonly (string | Buffer | number)[])[]) => {
    page[start] = 13;
    page.writeUInt16BE(rows.length, start + 3);
    let end = size;
    for (const [at, row] of rows.entries()) {
      const types = row.map((value) =>
        typeof value === "number" ? 1 : value.length * 2 + 12 + +(typeof value === "string"),
      );
      const columns = row.map((value) => (typeof value === "number" ? Buffer.from([value]) : Buffer.from(value)));
      const list = Buffer.concat(types.map(varint));
      const record = Buffer.concat([Buffer.from([list.length + 1]), list, ...columns]);
      const least = Math.floor(((size - 12) * 32) / 255) - 23;
      const fitting = least + ((record.length - least) % (size - 4));
      const here = record.length <= size - 35 ? record.length : fitting <= size - 35 ? fitting : least;
      const parts = [varint(record.length), varint(at + 1), record.subarray(0, here)];
      if (here < record.length) parts.push(uint32(pages.length + 1));
      for (let from = here; from < record.length; from += size - 4) {
        const next = from + size - 4 < record.length ? pages.length + 2 : 0;
        pages.push(Buffer.concat([uint32(next), record.subarray(from, from + size - 4)], size));
      }
      const cell = Buffer.concat(parts);
      end -= cell.length;
      cell.copy(page, end);
      page.writeUInt16BE(end, start + 8 + 2 * at);
    }
  };
  const [first, second] = pages as [Buffer, Buffer];
  first.write("SQLite format 3\0", "latin1");
  first.writeUInt16BE(size, 16);
  table(first, 100, [["table", "Packages", "Packages", 2, "CREATE TABLE"]]);
  table(
    second,
    0,
    headers.map((bytes) => [0, bytes]),
  );
  return Buffer.concat(pages);
}

const forms = { ndb: ndb(), berkeley: berkeley(), "berkeley of another byte order": berkeley(true), sqlite: sqlite() };

describe.each(Object.entries(forms))("rpm's packages in %s", (_, database) => {
  test("are read, with the same names whatever their order is", () => {
    expect(Object.fromEntries(parseRpmDatabase(database))).toEqual({
      bash: "1.0-2",
      "bash.i686": "1.0-2",
      zlib: "1.0-2",
    });
  });

  test("end in a plain error, or are read, where bytes are other ones", () => {
    const change = fc.record({
      // What leads to other places stands at the beginning of the file and of its pages.
      at: fc.oneof(
        fc.nat(database.length - 1),
        fc.nat(200),
        fc.nat(60).map((at) => (1024 + at) % database.length),
      ),
      byte: fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 2, 255)),
    });
    const length = fc.oneof(fc.constant(database.length), fc.nat(database.length));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 4 }), length, (changes, kept) => {
        const damaged = Buffer.from(database);
        for (const { at, byte } of changes) damaged[at] = byte;
        try {
          parseRpmDatabase(damaged.subarray(0, kept));
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
          expect((error as { code?: string }).code).toBeUndefined();
        }
      }),
      { numRuns: 2000 },
    );
  });
});

test("a chain of pages that leads back to itself ends", () => {
  const database = berkeley();
  const chained = 2;
  // The next page of the first overflow page is that page, and the entry is as long as the whole file.
  database.writeUInt32LE(chained, chained * 1024 + 16);
  const entry = database.indexOf(Buffer.from([3, 0, 0, 0, chained, 0, 0, 0]));
  database.writeUInt32LE(database.length, entry + 8);
  expect(() => parseRpmDatabase(database)).toThrow(/^page 2 is damaged$/);
  const tree = sqlite();
  tree[1024] = 5;
  expect(() => parseRpmDatabase(tree)).toThrow(RangeError);
});

test("packages that lie in one another are refused", () => {
  const database = ndb();
  for (let slot = 3; slot < 20; slot++) database.copy(database, 16 * slot, 16 * 2, 16 * 3);
  expect(() => parseRpmDatabase(database)).toThrow("its packages lie in one another");
});

test("what is no database of rpm is called so", () => {
  expect(() => parseRpmDatabase(Buffer.from("nothing"))).toThrow("it is no database of rpm");
  expect(() => parseRpmDatabase(Buffer.alloc(0))).toThrow("it is no database of rpm");
});
