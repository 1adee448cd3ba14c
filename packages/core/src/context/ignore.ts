import { readFileSync } from "node:fs";
import { join } from "node:path";
import { decodePath } from "@strake/oci";
import { StrakeError } from "../strake-error.ts";
import { cleanGoPath, type IgnorePattern, ignorePattern, trimSpace } from "./ignore-pattern.ts";

/** Says which paths of a folder do not exist for a build. Paths are relative to the folder, with slashes. */
export interface IgnoreMatcher {
  /** Tells whether a path is ignored: the last pattern decides that matches the path or a folder above it. */
  ignores(path: string): boolean;
  /** Tells whether a directory is ignored together with all that can be below it. */
  canSkipDirectory(path: string): boolean;
}

/** The patterns of an ignore file, and where they come from. */
export interface IgnoreFile {
  /** The absolute path of the file; undefined where there is none. */
  readonly file?: string;
  readonly patterns: readonly string[];
}

/**
 * Reads the text of a `.dockerignore`: one pattern a line, `#` in the first column for a comment.
 *
 * A slash at the beginning changes nothing: every pattern counts from the root.
 */
export function parseIgnore(text: string): string[] {
  const patterns: string[] = [];
  for (const line of text.replace(/^\ufeff/, "").split("\n")) {
    const pattern = trimSpace(line);
    if (line.startsWith("#") || pattern === "") continue;
    if (pattern.startsWith("!")) patterns.push(`!${relativePattern(trimSpace(pattern.slice(1)))}`);
    else patterns.push(relativePattern(pattern));
  }
  return patterns;
}

/**
 * Finds and reads the ignore file of a context: the build file's own, `<buildFile>.dockerignore`, or else the
 * `.dockerignore` of the root.
 *
 * @throws StrakeError `unreadable-file`
 */
export function readIgnore(root: string, buildFile?: string): IgnoreFile {
  const candidates = [join(root, ".dockerignore")];
  if (buildFile !== undefined) candidates.unshift(`${buildFile}.dockerignore`);
  for (const file of candidates) {
    const bytes = readIfPresent(file);
    if (bytes !== undefined) return { file, patterns: parseIgnore(decodePath(bytes)) };
  }
  return { patterns: [] };
}

/**
 * Makes the matcher of a list of patterns: those of a `.dockerignore`, or of COPY `--exclude`.
 *
 * Later patterns win over earlier ones, and `!` takes in again. The answer for a directory is kept for what is below
 * it, as moby/patternmatcher's `MatchesUsingParentResults` does, so that a walk asks each pattern once a path.
 *
 * @throws StrakeError `invalid-pattern`
 */
export function ignoreMatcher(patterns: readonly string[]): IgnoreMatcher {
  const compiled = patterns.map(ignorePattern).filter((pattern) => pattern !== undefined);
  const directories = new Map<string, Directory>([["", rootDirectory(compiled)]]);
  // A walk asks for the names of one directory after the other.
  let recentPath = "";
  let recent = directories.get("") as Directory;

  function directoryAt(path: string): Directory {
    if (path === recentPath) return recent;
    let directory = directories.get(path);
    if (directory === undefined) {
      directory = below(directoryAt(parentOf(path)), path);
      directories.set(path, directory);
    }
    recentPath = path;
    recent = directory;
    return directory;
  }

  return {
    ignores: (path) => path !== "" && lastMatch(directoryAt(parentOf(path)), path) >= 0,
    canSkipDirectory: (path) => directoryAt(path).skippable,
  };
}

/** What is known of a directory: which patterns still matter below it. */
interface Directory {
  /** In the order of the file. */
  readonly relevant: readonly RelevantPattern[];
  readonly skippable: boolean;
}

interface RelevantPattern {
  readonly pattern: IgnorePattern;
  /** The directory or one above it has been matched, and with it everything below. */
  readonly inherited: boolean;
}

function rootDirectory(patterns: readonly IgnorePattern[]): Directory {
  return { relevant: patterns.map((pattern) => ({ pattern, inherited: false })), skippable: false };
}

function below(parent: Directory, path: string): Directory {
  const matched = new Set<number>();
  const last = lastMatch(parent, path, matched);
  const relevant: RelevantPattern[] = [];
  let skippable = last >= 0;
  for (const [index, { pattern }] of parent.relevant.entries()) {
    const inherited = matched.has(index);
    if (!inherited && !pattern.mayMatchBelow(path)) continue;
    relevant.push({ pattern, inherited });
    if (!inherited && pattern.negated && index > last) skippable = false;
  }
  return { relevant, skippable };
}

/**
 * The index of the pattern that ignores a path, or -1 where it is not ignored.
 *
 * A pattern is not asked where its answer could change nothing: a plain one for what is ignored already, a negated one
 * for what is not. It then counts as no match for everything below, too, as in moby/patternmatcher.
 */
function lastMatch(parent: Directory, path: string, matched?: Set<number>): number {
  let last = -1;
  for (let index = 0; index < parent.relevant.length; index++) {
    const { pattern, inherited } = parent.relevant[index] as RelevantPattern;
    if (!inherited && (pattern.negated !== last >= 0 || !pattern.matches(path))) continue;
    matched?.add(index);
    last = pattern.negated ? -1 : index;
  }
  return last;
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "" : path.slice(0, slash);
}

function relativePattern(pattern: string): string {
  if (pattern === "") return "";
  const clean = cleanGoPath(pattern);
  return clean.length > 1 && clean.startsWith("/") ? clean.slice(1) : clean;
}

function readIfPresent(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new StrakeError({
      code: "unreadable-file",
      message: `cannot read ${file}: ${(cause as Error).message}`,
      cause,
    });
  }
}
