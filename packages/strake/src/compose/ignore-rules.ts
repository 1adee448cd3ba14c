import { dirname } from "node:path";
import { ignoreMatcher, readIgnore } from "@strake/core/context";
import type { IgnoreRules } from "@strake/dockerfile";

/**
 * Tells what is ignored in the folders that a build copies from.
 *
 * @param buildFile - the build file or Dockerfile, whose own ignore file wins in `root`
 */
export function ignoreRulesOf(buildFile: string, root: string = dirname(buildFile)): (folder: string) => IgnoreRules {
  const known = new Map<string, IgnoreRules>();
  return (folder) => {
    const found = known.get(folder);
    if (found !== undefined) return found;
    const { patterns } = readIgnore(folder, folder === root ? buildFile : undefined);
    const { ignores } = ignoreMatcher(patterns);
    const rules: IgnoreRules = { patterns, ignores };
    known.set(folder, rules);
    return rules;
  };
}
