import type { FilesSelection } from "./definition.ts";

/** A selection by globs in the words of a COPY instruction. */
export interface DockerSources {
  readonly sources: readonly string[];
  /** Values of `--exclude`, in order; the last that matches decides, `!` takes back. */
  readonly exclude: readonly string[];
}

/**
 * Says a `files()` selection with COPY's sources and `--exclude` patterns, or undefined where Docker's patterns cannot.
 *
 * Plain file names are sources of their own; a whole folder is its name; anything else is the folder less everything
 * but the patterns. Extended globs and brace ranges have no counterpart.
 */
export function dockerSources(selection: FilesSelection): DockerSources | undefined {
  const include = selection.include.flatMap(expandBraces).map((pattern) => below(selection.base, pattern));
  const exclude = selection.exclude.flatMap(expandBraces).map((pattern) => below(selection.base, pattern));
  if ([...include, ...exclude].some(isExtended)) return undefined;
  const folder = selection.base === "." ? "." : `${selection.base}/`;
  const prefix = selection.base === "." ? "" : folder;
  if (exclude.length === 0 && include.every((pattern) => !isWild(pattern) && !pattern.includes("/"))) {
    return { sources: include.map((name) => prefix + name), exclude: [] };
  }
  if (include.some((pattern) => pattern === "**" || pattern === "**/*")) return { sources: [folder], exclude };
  return { sources: [folder], exclude: ["**", ...include.map((pattern) => `!${pattern}`), ...exclude] };
}

/** Tells whether a pattern has wildcards at all. */
export function isWild(pattern: string): boolean {
  return /[*?[\]{}\\]/.test(pattern);
}

function isExtended(pattern: string): boolean {
  return /[{}]|[@!+?*]\(|^!/.test(pattern);
}

function below(base: string, pattern: string): string {
  const clean = pattern.replace(/^(?:\.\/)+/, "");
  return base !== "." && clean.startsWith(`${base}/`) ? clean.slice(base.length + 1) : clean;
}

function expandBraces(pattern: string): string[] {
  const found = /\{([^{}]*,[^{}]*)\}/.exec(pattern);
  if (found === null) return [pattern];
  const before = pattern.slice(0, found.index);
  const after = pattern.slice(found.index + found[0].length);
  return (found[1] as string).split(",").flatMap((choice) => expandBraces(before + choice + after));
}
