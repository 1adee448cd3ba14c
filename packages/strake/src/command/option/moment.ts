import { usageError } from "../usage-error.ts";
import { parseDuration } from "./duration.ts";

/**
 * Reads a moment as docker's filters take it: a length of time before now, a date with or without a time, or seconds
 * since 1970.
 *
 * @returns milliseconds since 1970
 * @throws StrakeError `usage` for anything else
 */
export function parseMoment(option: string, text: string, now: number): number {
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text) * 1000;
  if (!/^\d{4}-\d\d-\d\d/.test(text)) return now - parseDuration(option, text);
  const moment = Date.parse(/T\d\d$/.test(text) ? `${text}:00` : text.length === 10 ? `${text}T00:00` : text);
  if (Number.isNaN(moment)) throw usageError(`${option} ${text}: expected 24h, or a time as 2026-01-31T12:00:00Z`);
  return moment;
}
