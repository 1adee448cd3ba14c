/** What the file, each place in its table, and a blob begin with, and what a blob ends with. */
const magic = { file: "RpmP", slot: "Slot", blob: "BlbS", end: "BlbE" } as const;

const headerLength = 32;
const slotLength = 16;
const slotPageLength = 4096;
const blockLength = 16;
const blobHeadLength = 16;
const blobTailLength = 12;

/** Whether a file begins as `Packages.db` of rpm's ndb does. */
export function isNdb(database: Buffer): boolean {
  return startsWith(database, 0, magic.file);
}

/**
 * Reads what is kept in `Packages.db` of rpm's ndb, in the order of its table.
 *
 * The file is a header, a table of slots that say where blobs are, and the blobs, each between a head and a tail; all
 * numbers have their low byte first, and places are counted in blocks of 16 bytes (lib/backend/ndb/rpmpkg.c of rpm).
 *
 * @throws RangeError for what is no such file, or is damaged
 */
export function* readNdb(database: Buffer): Generator<Buffer> {
  if (!isNdb(database) || database.readUInt32LE(4) !== 0) throw new RangeError("it is no ndb of a known version");
  const tableEnd = database.readUInt32LE(12) * slotPageLength;
  if (tableEnd > database.length) throw new RangeError("its table is cut off");
  for (let slot = headerLength; slot < tableEnd; slot += slotLength) {
    if (!startsWith(database, slot, magic.slot)) throw new RangeError("its table is damaged");
    const [index, block, blocks] = [4, 8, 12].map((at) => database.readUInt32LE(slot + at)) as [number, number, number];
    // A slot that is free.
    if (block === 0) continue;
    yield readBlob(database, index, block * blockLength, blocks * blockLength);
  }
}

function readBlob(database: Buffer, index: number, from: number, taken: number): Buffer {
  const end = from + taken;
  const tail = end - blobTailLength;
  const damaged = new RangeError(`package ${index} is damaged or cut off`);
  if (end > database.length || taken < blobHeadLength + blobTailLength) throw damaged;
  const length = database.readUInt32LE(from + 12);
  const needed = blobHeadLength + length + blobTailLength;
  const whole =
    startsWith(database, from, magic.blob) &&
    database.readUInt32LE(from + 4) === index &&
    taken === Math.ceil(needed / blockLength) * blockLength &&
    database.readUInt32LE(tail + 4) === length &&
    startsWith(database, tail + 8, magic.end);
  if (!whole) throw damaged;
  return database.subarray(from + blobHeadLength, from + blobHeadLength + length);
}

function startsWith(bytes: Buffer, at: number, text: string): boolean {
  return bytes.toString("latin1", at, at + text.length) === text;
}
