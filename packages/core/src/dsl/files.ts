import type { CallSite } from "../graph/call-site.ts";
import { captureCallSite } from "../graph/capture-call-site.ts";
import { cleanPath, joinPath, parentPath, toPosix } from "../graph/posix-path.ts";
import { StrakeError } from "../strake-error.ts";
import { aString, checkOptions, stringOrStrings } from "./check-options.ts";
import { checkStrings } from "./text-values.ts";

export interface FilesOptions {
  /** Globs of files to leave out. */
  readonly exclude?: string | readonly string[];
  /**
   * The folder whose content is copied: files keep their path below it.
   *
   * Without it, the folder that the patterns have in common: `src` for `src/**`.
   */
  readonly base?: string;
}

/** Files of the build file's folder chosen by globs; made by `files()`. */
export interface Files {
  readonly isStrakeFiles: true;
  readonly root: string;
  readonly base: string;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/** A folder of this machine that files are copied from; made by `local()`. */
export interface LocalFolder {
  readonly isStrakeFolder: true;
  /** Absolute. */
  readonly root: string;
}

/**
 * Chooses files below the folder of the build file by globs, in fast-glob's syntax; names with a leading dot count.
 *
 * @throws StrakeError `invalid-glob` for an absolute pattern or one that leaves the folder
 */
export function files(include: string | readonly string[], options: FilesOptions = {}): Files {
  const site = captureCallSite(files);
  checkOptions<FilesOptions>("files", options, { exclude: stringOrStrings, base: aString });
  checkStrings([include].flat());
  const patterns = [include].flat();
  const exclude = [options.exclude ?? []].flat();
  if (patterns.length === 0) throw invalidGlob(site, "files() needs at least one pattern");
  for (const pattern of [...patterns, ...exclude]) checkPattern(pattern, site);
  const base = options.base === undefined ? commonFolder(patterns) : cleanPath(options.base);
  if (base.startsWith("..") || base.startsWith("/")) {
    throw invalidGlob(site, `the base "${options.base}" is not below the folder of the build file`);
  }
  return Object.freeze({
    isStrakeFiles: true,
    root: siteFolder(site),
    base,
    include: Object.freeze([...patterns]),
    exclude: Object.freeze([...exclude]),
  });
}

/** A folder, relative to the build file, to copy from: the way to files beside or above the build file's own folder. */
export function local(folder: string): LocalFolder {
  const site = captureCallSite(local);
  checkStrings([folder]);
  return Object.freeze({ isStrakeFolder: true, root: joinPath(siteFolder(site), toPosix(folder)) });
}

/** The folder of the file that a statement stands in; what its relative paths start from. */
export function siteFolder(site: CallSite): string {
  return cleanPath(parentPath(toPosix(site.file)));
}

/** The longest folder that every pattern names before its first wildcard. */
export function commonFolder(patterns: readonly string[]): string {
  let common: string[] | undefined;
  for (const pattern of patterns) {
    const parts = pattern.split("/").slice(0, -1);
    const wild = parts.findIndex((part) => /[*?[\]{}()!+@\\]/.test(part));
    const fixed = (wild === -1 ? parts : parts.slice(0, wild)).filter((part) => part !== "." && part !== "");
    if (common === undefined) common = fixed;
    else {
      const differs = common.findIndex((part, at) => part !== fixed[at]);
      if (differs !== -1) common = common.slice(0, differs);
    }
  }
  return common?.join("/") || ".";
}

function checkPattern(pattern: string, site: CallSite): void {
  if (pattern === "") throw invalidGlob(site, "a pattern is empty");
  if (pattern.startsWith("/"))
    throw invalidGlob(site, `"${pattern}" is absolute; patterns are relative to the build file`);
  if (pattern.split("/").includes("..")) {
    throw invalidGlob(site, `"${pattern}" leaves the folder of the build file`, [
      'Copy from another folder with .copy(paths, destination, { from: local("..") }).',
    ]);
  }
  if (pattern.startsWith("!")) throw invalidGlob(site, `"${pattern}" is a negation; write it in the option exclude`);
}

function invalidGlob(site: CallSite, message: string, notes: readonly string[] = []): StrakeError {
  return new StrakeError({ code: "invalid-glob", message, site, notes });
}
