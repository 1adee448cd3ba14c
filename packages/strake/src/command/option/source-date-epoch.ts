import { usageError } from "../usage-error.ts";

/**
 * Reads `SOURCE_DATE_EPOCH`: seconds since 1970 (reproducible-builds.org); unset or empty is 0.
 *
 * @throws StrakeError `usage` for anything but a whole number that a date can have
 */
export function parseSourceDateEpoch(text: string | undefined): number {
  if (text === undefined || text === "") return 0;
  const seconds = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  // 9999-12-31T23:59:59Z, the last second that RFC 3339 can write.
  if (!(seconds <= 253_402_300_799)) throw usageError(`SOURCE_DATE_EPOCH is not a number of seconds: "${text}"`);
  return seconds;
}
