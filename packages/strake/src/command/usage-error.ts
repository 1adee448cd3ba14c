import { StrakeError } from "@strake/core";

/** Makes the error of a command line that cannot be meant. */
export function usageError(message: string, ...notes: readonly string[]): StrakeError {
  return new StrakeError({ code: "usage", message, notes });
}
