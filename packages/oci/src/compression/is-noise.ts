/** So many bytes of a block are looked at. */
const sampleSize = 4096;
/** Pearson's chi-squared of bytes that are all equally likely is 255 in the mean, with a deviation of 22.6. */
const mostOfNoise = 255 + 6 * 22.6;
const fewest = 64 * 1024;

/**
 * Tells whether a block is so even that a compressor would not make it shorter, as what is packed or encrypted is.
 *
 * The answer hangs on the bytes alone. It is given for a sample, so a block may be taken for noise that has a little of
 * something else in it, and costs that little.
 */
export function isNoise(block: Uint8Array): boolean {
  if (block.length < fewest) return false;
  const counts = new Uint32Array(256);
  const step = Math.floor(block.length / sampleSize);
  // Odd steps do not fall into the rhythm of records, whose length mostly is even.
  const stride = step % 2 === 0 ? step - 1 : step;
  for (let count = 0, at = 0; count < sampleSize; count++, at += stride) {
    const byte = block[at] as number;
    counts[byte] = (counts[byte] as number) + 1;
  }
  const expected = sampleSize / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0) < mostOfNoise;
}
