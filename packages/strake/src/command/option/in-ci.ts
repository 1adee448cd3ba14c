import type { Variables } from "./values.ts";

/** Tells whether this runs in continuous integration: `CI` is set, and not to `false` or `0`. */
export function inCi({ CI = "" }: Variables): boolean {
  return !["", "false", "0"].includes(CI.trim().toLowerCase());
}
