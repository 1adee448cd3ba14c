import { version } from "../version.ts";

/**
 * Where a process keeps the library that its command line works with.
 *
 * A build file that imports "strake" gets the very classes of the command line that runs it, if both are one version.
 */
export const sharedLibrary: symbol = Symbol.for(`strake/${version}`);

/** Lets modules that import "strake" have this library. */
export function shareLibrary(library: object): void {
  (globalThis as Record<symbol, unknown>)[sharedLibrary] = library;
}
