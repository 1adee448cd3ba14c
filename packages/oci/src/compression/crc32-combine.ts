/** The polynomial of gzip's checksum (RFC 1952, section 8), its bits in reverse. */
const polynomial = 0xedb88320;

/** What so many zero bytes do to a checksum, as a matrix: the images of its 32 bits. */
const shifts = new Map<number, Uint32Array>();

/**
 * Computes the CRC-32 of two pieces after one another from the checksums of both.
 *
 * A checksum is linear: the first piece's goes through what as many zero bytes as the second has would make of it.
 *
 * @param length of the second piece, in bytes
 */
export function combineCrc32(first: number, second: number, length: number): number {
  return (apply(shiftBy(length), first) ^ second) >>> 0;
}

function shiftBy(length: number): Uint32Array {
  const known = shifts.get(length);
  if (known !== undefined) return known;
  // One zero bit, squared three times, is one zero byte; from there on, by the bits of the length.
  let power: Uint32Array = Uint32Array.from({ length: 32 }, (_, bit) => (bit === 0 ? polynomial : 1 << (bit - 1)));
  for (let count = 0; count < 3; count++) power = multiply(power, power);
  let shift: Uint32Array = Uint32Array.from({ length: 32 }, (_, bit) => 1 << bit);
  for (let left = length; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) shift = multiply(power, shift);
    power = multiply(power, power);
  }
  // Blocks have one length, but for the last of each stream.
  if (shifts.size < 16) shifts.set(length, shift);
  return shift;
}

function multiply(left: Uint32Array, right: Uint32Array): Uint32Array {
  return right.map((column) => apply(left, column));
}

function apply(matrix: Uint32Array, vector: number): number {
  let result = 0;
  for (let bit = 0; bit < 32; bit++) {
    if ((vector >>> bit) & 1) result ^= matrix[bit] as number;
  }
  return result >>> 0;
}
