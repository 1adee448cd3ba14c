import { setTimeout as sleep } from "node:timers/promises";
import { RegistryError } from "../registry-error.ts";

/** How often and how patiently something is tried again. */
export interface RetryOptions {
  /** How many times in all; 5 unless said. */
  readonly tries?: number;
  /** The wait after the first failure, in milliseconds; it doubles with each. 300 unless said. */
  readonly delay?: number;
  /** The longest single wait, in milliseconds, whatever a registry asks for; 30 seconds unless said. */
  readonly maximumDelay?: number;
}

/**
 * Tries something until it succeeds, fails for good, or has failed too often.
 *
 * Only failures that call themselves temporary are tried again. A registry that says how long to wait is obeyed.
 *
 * @throws what the last attempt threw, or the signal's reason
 */
export async function retry<T>(
  attempt: () => Promise<T>,
  options: RetryOptions = {},
  signal?: AbortSignal,
): Promise<T> {
  const tries = options.tries ?? 5;
  for (let failures = 1; ; failures++) {
    try {
      return await attempt();
    } catch (error) {
      if (!RegistryError.is(error) || !error.temporary || failures >= tries) throw error;
      await backOff(failures, options, error.retryAfter, signal);
    }
  }
}

/**
 * Waits before the next attempt: exponentially longer with each failure, by a random part, so that many do not come
 * back at the same moment.
 *
 * @param failures how many attempts have failed, from 1
 * @param asked how long the registry asks to wait, in milliseconds
 * @throws the signal's reason
 */
export async function backOff(
  failures: number,
  options: RetryOptions = {},
  asked?: number,
  signal?: AbortSignal,
): Promise<void> {
  const longest = options.maximumDelay ?? 30_000;
  const own = (options.delay ?? 300) * 2 ** (failures - 1) * (0.5 + Math.random() / 2);
  const wait = Math.min(asked ?? own, longest);
  try {
    await sleep(wait, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    throw signal?.aborted ? signal.reason : error;
  }
}

/**
 * Reads a `Retry-After` header: seconds, or a date (RFC 9110, section 10.2.3).
 *
 * @param now milliseconds since 1970
 * @returns milliseconds from now, at least 0, or undefined where it says nothing
 */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\s*\d{1,9}\s*$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
