import type { CallSite } from "../graph/call-site.ts";
import { StrakeError } from "../strake-error.ts";

const units: Readonly<Record<string, number>> = { b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/**
 * Reads a size as Docker's options do: a number of bytes, or a number with b, k, m, g or t (powers of 1024).
 *
 * @throws StrakeError `invalid-size`
 */
export function parseSize(size: number | string, site: CallSite): number {
  const found = /^(\d+(?:\.\d+)?)\s*([bkmgt])?i?b?$/i.exec(String(size).trim());
  const bytes = found === null ? Number.NaN : Number(found[1]) * (units[(found[2] ?? "b").toLowerCase()] ?? 1);
  if (!Number.isFinite(bytes)) {
    throw new StrakeError({ code: "invalid-size", message: `"${size}" is not a size; write 64m or 1g`, site });
  }
  return Math.floor(bytes);
}
