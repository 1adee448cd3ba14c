import type { CallSite } from "../graph/call-site.ts";
import { StrakeError } from "../strake-error.ts";

const nanoseconds: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/**
 * Reads a duration as HEALTHCHECK does, in Go's notation (`30s`, `1m30s`); a bare number is seconds.
 *
 * @returns nanoseconds
 * @throws StrakeError `invalid-duration`, also for a duration between 0 and 1 ms, which Docker refuses
 */
export function parseDuration(duration: string | number, site: CallSite): number {
  const text = typeof duration === "number" ? `${duration}s` : duration.trim();
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)];
  const whole = parts.map((part) => part[0]).join("");
  if (text !== "0" && (parts.length === 0 || whole !== text)) {
    throw new StrakeError({
      code: "invalid-duration",
      message: `"${duration}" is not a duration; write 30s or 1m30s`,
      site,
    });
  }
  const total = parts.reduce((sum, part) => sum + Number(part[1]) * (nanoseconds[part[2] as string] as number), 0);
  if (total > 0 && total < 1e6) {
    throw new StrakeError({ code: "invalid-duration", message: `"${duration}" is shorter than 1ms`, site });
  }
  return Math.round(total);
}
