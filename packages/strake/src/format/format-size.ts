/**
 * Writes a number of bytes as `docker` does: decimal units, and as many digits as were asked for.
 *
 * `formatSize(1_234_567)` is `1.23MB`.
 *
 * @param digits - significant digits; three in docker's tables, four in its progress
 */
export function formatSize(bytes: number, digits = 3): string {
  let size = bytes;
  let unit = 0;
  // Compared after rounding: 999.9 kB is 1MB, not 1000kB.
  while (Number(size.toPrecision(digits)) >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit++;
  }
  return `${Number(size.toPrecision(digits))}${units[unit]}`;
}

const units = ["B", "kB", "MB", "GB", "TB", "PB"];
