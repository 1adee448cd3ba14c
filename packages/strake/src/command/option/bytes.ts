import { usageError } from "../usage-error.ts";

const units: Readonly<Record<string, number>> = { "": 1, b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/**
 * Reads a size as docker does: a number with a unit of a power of 1024, such as `64m` or `1.5GB`.
 *
 * @throws StrakeError `usage` for anything else
 */
export function parseBytes(option: string, text: string): number {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?)\s*([bkmgt]?)(?:i?b)?$/i.exec(text.trim()) ?? [];
  if (number === undefined) throw usageError(`${option} ${text}: expected a size, such as 64m`);
  return Math.floor(Number(number) * (units[unit.toLowerCase()] as number));
}
