import { Image } from "@strake/core";
import { findTargets, type Target } from "./find-targets.ts";
import { loadBuildFile } from "./load-build-file.ts";
import { readSettings } from "./settings.ts";

/**
 * Runs a build file and collects its images.
 *
 * @param write - whether the bundle may be kept for the next time
 * @throws StrakeError as `loadBuildFile` and `findTargets` do
 */
export async function loadTargets(
  buildFile: string,
  { write }: { readonly write: boolean },
): Promise<readonly Target<Image>[]> {
  const { home } = readSettings(process.env);
  const library = new URL("./index.js", import.meta.url).href;
  const exports = await loadBuildFile({ file: buildFile, home, library, write });
  return findTargets(buildFile, exports, (value): value is Image => Image.is(value));
}
