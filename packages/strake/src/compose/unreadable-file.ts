import { statSync } from "node:fs";
import { StrakeError } from "@strake/core";

/**
 * Says why a build file or a Dockerfile cannot be read, as `no-build-file`.
 *
 * @param shown what the request calls it, where that is not its path
 */
export function unreadableFile(path: string, shown: string = path, notes: readonly string[] = []): StrakeError {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return failed(`${shown} does not exist`, notes);
  return failed(`${shown} ${stats.isDirectory() ? "is a folder, not a file" : "cannot be read"}`, []);
}

function failed(message: string, notes: readonly string[]): StrakeError {
  return new StrakeError({ code: "no-build-file", message, notes });
}
