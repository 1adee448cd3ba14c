import { statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { StrakeError } from "@strake/core";

/** The names a build file can have, in the order they are looked for. */
export const buildFileNames: readonly string[] = ["build.ts", "build.mts", "build.js", "build.mjs"];

/**
 * Finds the build file: the one that is asked for, or the nearest from a folder upwards.
 *
 * @param folder - where to start, and what `asked` is relative to; absolute
 * @param asked - a build file, or a folder with one
 * @throws StrakeError `no-build-file`
 */
export function findBuildFile(folder: string, asked?: string): string {
  if (asked !== undefined) return findAsked(resolve(folder, asked), asked);
  const found = nearestBuildFile(folder);
  if (found !== undefined) return found;
  throw new StrakeError({
    code: "no-build-file",
    message: `there is no build.ts in ${folder} or above it`,
    notes: ["Write one that exports an image, or name a file with -f."],
  });
}

/** The build file of a folder, or of the nearest one above it that has one. */
export function nearestBuildFile(folder: string): string | undefined {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const found = buildFileIn(at);
    if (found !== undefined || dirname(at) === at) return found;
  }
}

function findAsked(path: string, asked: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw new StrakeError({ code: "no-build-file", message: `${asked} does not exist` });
  if (!stats.isDirectory()) return path;
  const found = buildFileIn(path);
  if (found !== undefined) return found;
  throw new StrakeError({ code: "no-build-file", message: `there is no build.ts in ${asked}` });
}

function buildFileIn(folder: string): string | undefined {
  return buildFileNames
    .map((name) => join(folder, name))
    .find((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true);
}
