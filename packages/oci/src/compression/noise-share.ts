/** So many windows of a block are looked at; a prime, so that they do not fall into the rhythm of its content. */
const windows = 127;
const windowLength = 64;
/** Of 64 bytes that are all equally likely, 56.6 differ in the mean, with a deviation of 2.4; of a program's, half. */
const fewestDifferent = 50;

/**
 * Tells how much of a block is noise, as pictures and archives among other files are: from 0 to 1.
 *
 * The answer hangs on the bytes alone, of which a sample is looked at; for less than the sample it is 0.
 */
export function noiseShare(block: Uint8Array): number {
  if (block.length < windows * windowLength) return 0;
  const step = Math.floor(block.length / windows);
  /** The window in which a byte was seen last. */
  const lastSeen = new Uint8Array(256);
  let noisy = 0;
  for (let window = 1; window <= windows; window++) {
    const from = (window - 1) * step;
    let different = 0;
    for (let at = from; at < from + windowLength; at++) {
      const byte = block[at] as number;
      if (lastSeen[byte] === window) continue;
      lastSeen[byte] = window;
      different++;
    }
    if (different >= fewestDifferent) noisy++;
  }
  return noisy / windows;
}
