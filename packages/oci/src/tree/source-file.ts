import { openSync } from "node:fs";
import { OciError } from "../oci-error.ts";
import { hostPath } from "./path-bytes.ts";

/**
 * Opens a file of this machine for reading.
 *
 * @throws OciError `not-found` where it cannot be read
 */
export function openSource(path: string): number {
  try {
    return openSync(hostPath(path), "r");
  } catch (cause) {
    throw new OciError("not-found", `"${path}" cannot be read: ${(cause as Error).message}`, { cause });
  }
}

/** The error of a file that is not as long as it was when it was looked at. */
export function changedWhileRead(what: string, expected: number, found: number | "more"): OciError {
  return new OciError(
    "size-mismatch",
    `${what} changed while it was read: expected ${expected} bytes, found ${found}; build again when it is at rest`,
  );
}
