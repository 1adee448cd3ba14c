import { readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { type CallSite, StrakeError } from "@strake/core";
import { buildFileError } from "./build-file-error.ts";
import { didYouMean } from "./did-you-mean.ts";
import type { ModuleExports } from "./load-build-file.ts";
import { untilSettled } from "./until-settled.ts";

/** An image that a build file exports, under the name it is asked for by. */
export interface Target<Image> {
  readonly name: string;
  readonly image: Image;
}

/**
 * Collects the images of a build file: named exports under their names; `export default` may be one image, which is
 * called `default`, a record of images, or a function, sync or async, that returns either.
 *
 * @throws StrakeError `not-an-image`, `duplicate-target` or `no-images`
 */
export async function findTargets<Image>(
  file: string,
  exports: ModuleExports,
  isImage: (value: unknown) => value is Image,
): Promise<readonly Target<Image>[]> {
  const targets = new Map<string, Image>();
  const add = (name: string, value: unknown, shownAs: string, exportedAs: string) => {
    if (!isImage(value)) throw notAnImage(file, exportedAs, shownAs, value);
    if (targets.has(name) && targets.get(name) !== value) throw duplicate(file, name);
    targets.set(name, value);
  };
  for (const [name, value] of Object.entries(exports))
    if (name !== "default") add(name, value, `export "${name}"`, name);
  if ("default" in exports) {
    const value = await called(exports.default, file);
    if (isImage(value)) add("default", value, "the default export", "default");
    else if (isRecord(value)) {
      for (const [name, part] of Object.entries(value)) add(name, part, `"${name}" of the default export`, "default");
    } else throw notAnImage(file, "default", "the default export", value);
  }
  if (targets.size === 0) throw noImages(file);
  return [...targets].map(([name, image]) => ({ name, image })).sort(byName);
}

/**
 * Picks the targets of some names, in the order of the names; without names, all of them.
 *
 * @throws StrakeError `unknown-target`
 */
export function selectTargets<Image>(
  targets: readonly Target<Image>[],
  names: readonly string[],
): readonly Target<Image>[] {
  if (names.length === 0) return targets;
  return [...new Set(names)].map((name) => {
    const found = targets.find((target) => target.name === name);
    if (found !== undefined) return found;
    const known = targets.map((target) => target.name);
    const suggestion = didYouMean(name, known);
    throw new StrakeError({
      code: "unknown-target",
      message: `there is no target "${name}"`,
      notes: [
        ...(suggestion.length > 0 ? suggestion : [`The targets are ${known.join(", ")}.`]),
        ...(isFolder(name) ? [folderNote(name)] : []),
      ],
    });
  });
}

/** For those who name a folder as they do for docker. */
function folderNote(folder: string): string {
  return `"${folder}" is a folder: -f ${folder} means the build file in it, and -f ${join(folder, "Dockerfile")} its Dockerfile.`;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

async function called(value: unknown, file: string): Promise<unknown> {
  if (typeof value !== "function") return value;
  try {
    const made: unknown = value();
    return made instanceof Promise ? await untilSettled(made, file, exportSite(file, "default")) : await made;
  } catch (error) {
    throw buildFileError(error, file, []);
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

// Code units, as everywhere: a locale must not decide the order.
function byName(left: { name: string }, right: { name: string }): number {
  return left.name < right.name ? -1 : left.name > right.name ? 1 : 0;
}

function notAnImage(file: string, name: string, shownAs: string, value: unknown): StrakeError {
  return new StrakeError({
    code: "not-an-image",
    message: `${shownAs} is not an image but ${describe(value)}`,
    site: exportSite(file, name),
    notes: hasNoBase(value)
      ? ['Say what it stands on: image().from("debian:12"), or from("scratch").']
      : ["A build file exports images, or by default a record of images or a function that returns one of these."],
  });
}

function duplicate(file: string, name: string): StrakeError {
  return new StrakeError({
    code: "duplicate-target",
    message: `two different images are exported as "${name}"`,
    site: exportSite(file, name),
  });
}

function noImages(file: string): StrakeError {
  return new StrakeError({
    code: "no-images",
    message: `${basename(file)} exports no image`,
    notes: ["Write export before the images that are to be built: export const app = image().from(…)"],
  });
}

/** Whether something is what `image()` gives before `from`. */
function hasNoBase(value: unknown): boolean {
  return typeof value === "object" && value !== null && "from" in value && typeof value.from === "function";
}

function describe(value: unknown): string {
  if (hasNoBase(value)) return "one that has no base";
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "a list";
  if (typeof value !== "object") return `a ${typeof value}`;
  const name = value.constructor?.name;
  return name === undefined || name === "Object" ? "an object" : `a ${name}`;
}

/** Finds the line that exports a name, by looking at the text: the module itself does not know. */
function exportSite(file: string, name: string): CallSite | undefined {
  const escaped = name.replaceAll(/[$]/g, "\\$&");
  const pattern =
    name === "default"
      ? /^([ \t]*)export\s+default\b/m
      : new RegExp(
          `^([ \\t]*)export\\s+(?:async\\s+)?(?:const|let|var|function\\*?|class|enum)\\s+${escaped}(?![\\w$])`,
          "m",
        );
  const text = readFileSync(file, "utf8");
  const found = pattern.exec(text);
  if (found === null) return undefined;
  return { file, line: text.slice(0, found.index).split("\n").length, column: found[1]!.length + 1 };
}
