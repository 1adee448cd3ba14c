import { StrakeError } from "@strake/core";
import { OciError } from "@strake/oci/document";

/** What the process says to whoever started it. */
export const exitStatus = { done: 0, failed: 1, wrongRequest: 2, interrupted: 130 } as const;

// Mistakes on the command line; whatever a build file says wrongly is a build that failed.
const requestCodes = new Set([
  "usage",
  "no-build-file",
  "unknown-target",
  "unreadable-secret",
  "invalid-environment",
  "invalid-docker-context",
]);

const daemonRequestCodes = new Set(["invalid-options", "unsupported-address"]);

/** Finds the exit status that an error ends the process with. */
export function statusOf(error: unknown): number {
  if (isInterruption(error)) return exitStatus.interrupted;
  if (StrakeError.is(error)) return requestCodes.has(error.code) ? exitStatus.wrongRequest : exitStatus.failed;
  if (error instanceof Error && error.name === "DaemonError" && "code" in error) {
    return daemonRequestCodes.has(error.code as string) ? exitStatus.wrongRequest : exitStatus.failed;
  }
  if (OciError.is(error) && (error.code === "invalid-reference" || error.code === "invalid-platform")) {
    return exitStatus.wrongRequest;
  }
  return exitStatus.failed;
}

/** Tells whether an error only says that somebody stopped the work. */
export function isInterruption(error: unknown): boolean {
  return error instanceof Error && (error.name === "AbortError" || ("code" in error && error.code === "ABORT_ERR"));
}
