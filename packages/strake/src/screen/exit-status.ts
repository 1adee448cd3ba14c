import { StrakeError } from "@strake/core";

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
  "invalid-builders",
]);

const otherRequestCodes = new Set([
  "OciError invalid-reference",
  "OciError invalid-platform",
  "DaemonError invalid-options",
  "DaemonError unsupported-address",
  "RegistryError invalid-settings",
]);

/** Finds the exit status that an error ends the process with. */
export function statusOf(error: unknown): number {
  if (isInterruption(error)) return exitStatus.interrupted;
  if (StrakeError.is(error)) return requestCodes.has(error.code) ? exitStatus.wrongRequest : exitStatus.failed;
  // Known by their names: their packages are loaded only where they are needed.
  const { name, code } = Object(error) as { readonly name?: unknown; readonly code?: unknown };
  return otherRequestCodes.has(`${name} ${code}`) ? exitStatus.wrongRequest : exitStatus.failed;
}

/** Tells whether an error only says that somebody stopped the work. */
export function isInterruption(error: unknown): boolean {
  return error instanceof Error && (error.name === "AbortError" || ("code" in error && error.code === "ABORT_ERR"));
}
