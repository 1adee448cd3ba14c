import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { type CallSite, Image, StrakeError } from "@strake/core";
import { didYouMean } from "./did-you-mean.ts";
import { isBundle, mapCallSite } from "./map-call-site.ts";

/** Most frames of the author's own code that an error is shown with, besides the one that threw. */
const shownFrames = 4;

/**
 * Turns what a build file threw while it was loaded into an error that names the author's own lines.
 *
 * @param names - what `import … from "strake"` offers, for an import of something else
 */
export function buildFileError(error: unknown, file: string, names: readonly string[]): StrakeError {
  if (StrakeError.is(error)) return withSite(error);
  if (!(error instanceof Error)) {
    return new StrakeError({ code: "build-file-threw", message: `${basename(file)} threw ${String(error)}` });
  }
  return missingExport(error, names) ?? thrownByAuthor(error, file);
}

function withSite(error: StrakeError): StrakeError {
  const [site] = authorFrames(error.stack ?? "");
  if (error.site !== undefined || site === undefined) return error;
  const { code, message, notes, cause } = error;
  return new StrakeError({ code, message, notes, cause, site });
}

function thrownByAuthor(error: Error, file: string): StrakeError {
  const [site, ...callers] = authorFrames(error.stack ?? "");
  return new StrakeError({
    code: "build-file-threw",
    message: site ? `${error.name}: ${error.message}` : `${basename(file)} failed: ${error.name}: ${error.message}`,
    site,
    notes: [
      ...noMethod(error.message),
      ...callers.slice(0, shownFrames).map((at) => `called from ${basename(at.file)}:${at.line}:${at.column}`),
    ],
    cause: error,
  });
}

/** What helps whoever called a method that images have not got; nothing checks the types of a build file before. */
function noMethod(message: string): readonly string[] {
  const [, called = "", name = ""] = /^(.*)\.([A-Za-z_]\w*) is not a function$/.exec(message) ?? [];
  const methods = Object.getOwnPropertyNames(Image.prototype).filter((each) => each !== "constructor");
  if (called === "image") return ['An image begins with a call: image().from("…").'];
  if (called === "image(...)" && methods.includes(name)) {
    return [`First say what the image stands on: image().from("…").${name}(…)`];
  }
  if (called === "image(...)") return didYouMean(name, ["from"]);
  if (called === "" || methods.includes(name)) return [];
  const hint = didYouMean(name, methods);
  return called.includes("(...)") ? hint : hint.map((text) => `If ${called} is an image: ${text}`);
}

/** The frames of a stack that are in build files, as positions in their sources. */
function authorFrames(stack: string): CallSite[] {
  const frames: CallSite[] = [];
  for (const match of stack.matchAll(/^\s+at (?:.*\()?(?:async )?(file:\/\/[^\s()]+?|\/[^()]+?):(\d+):(\d+)\)?$/gm)) {
    const compiled = { file: toPath(match[1]!), line: Number(match[2]), column: Number(match[3]) };
    if (isBundle(compiled.file)) frames.push(mapCallSite(compiled));
  }
  return frames;
}

/** An import of a name that a module does not have is found before any code runs; V8 shows the place in the stack. */
function missingExport(error: Error, names: readonly string[]): StrakeError | undefined {
  const missing = /^The requested module '(.*)' does not provide an export named '(.*)'$/.exec(error.message);
  const place = /^(\S.*?):(\d+)\n.*\n(\s*)\^/.exec(error.stack ?? "");
  if (missing === null || place === null) return undefined;
  const compiled = { file: toPath(place[1]!), line: Number(place[2]), column: place[3]!.length + 1 };
  if (!isBundle(compiled.file)) return undefined;
  const name = missing[2]!;
  const isOurs = !missing[1]!.includes("/node_modules/") || missing[1]!.includes("/strake/dist/");
  return new StrakeError({
    code: "missing-export",
    message: isOurs ? `"strake" has no export named "${name}"` : `the imported module has no export named "${name}"`,
    site: mapCallSite(compiled),
    notes: isOurs ? didYouMean(name, names) : [],
  });
}

function toPath(location: string): string {
  return location.startsWith("file:") ? fileURLToPath(location) : location;
}
