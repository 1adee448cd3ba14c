import type { CallSite } from "@strake/core";
import type { PositionLookup } from "./source-map.ts";

// Bundles of build files that this process has loaded, by their path, with the look-up of each one's source map.
const bundles = new Map<string, PositionLookup>();

/** Makes the positions of a bundle known to `mapCallSite`, before any of the bundle runs. */
export function rememberBundle(path: string, lookup: PositionLookup): void {
  bundles.set(path, lookup);
}

/**
 * Turns a position in the bundle of a build file into the position in its source.
 *
 * The result looks like any call site, but the position is looked up only when one of its fields is read: most are
 * never shown to anybody. A position outside the known bundles stays what it is.
 */
export function mapCallSite(compiled: CallSite): CallSite {
  const lookup = bundles.get(compiled.file);
  if (lookup === undefined) return compiled;
  let found: CallSite | undefined;
  const site = (): CallSite => {
    found ??= lookup(compiled.line, compiled.column) ?? compiled;
    return found;
  };
  return Object.freeze({
    get file() {
      return site().file;
    },
    get line() {
      return site().line;
    },
    get column() {
      return site().column;
    },
  });
}

/** Tells whether a file is the bundle of a build file that this process has loaded. */
export function isBundle(file: string): boolean {
  return bundles.has(file);
}
