import type { CallSite } from "./call-site.ts";

/** Finds the author's own position for a position in code that was compiled from it. */
export type CallSiteMapper = (compiled: CallSite) => CallSite;

const unknownSite: CallSite = Object.freeze({ file: "", line: 0, column: 0 });

// What loads a build file sets this once, before any of the file runs; without it positions are taken as they are.
let mapper: CallSiteMapper = (site) => site;

/** Sets how positions of compiled build files are turned back into positions of their sources. */
export function setCallSiteMapper(next: CallSiteMapper): void {
  mapper = next;
}

/**
 * Tells where the function `called` was called from.
 *
 * Reads one frame of V8's stack trace; in a runtime without `Error.captureStackTrace` the position is unknown.
 */
export function captureCallSite(called: (...args: never[]) => unknown): CallSite {
  const capture = Error as { captureStackTrace?: (target: object, below: unknown) => void; stackTraceLimit?: number };
  if (capture.captureStackTrace === undefined) return unknownSite;
  const limit = capture.stackTraceLimit;
  capture.stackTraceLimit = 1;
  const holder: { stack?: string } = {};
  capture.captureStackTrace(holder, called);
  if (limit !== undefined) capture.stackTraceLimit = limit;
  const found = /(?:\(|at (?:async )?)(?:file:\/\/)?([^()]+?):(\d+):(\d+)\)?\s*$/.exec(holder.stack ?? "");
  if (found === null) return unknownSite;
  const file = decodeURI(found[1] as string).replace(/\?.*$/, "");
  return mapper({ file, line: Number(found[2]), column: Number(found[3]) });
}
