/** A source of COPY `--parents`, taken apart at its pivot. */
export interface ParentsPattern {
  /** What stands before the pivot and is not kept: a path or wildcard of `matchPath`, or `""` for the root. */
  readonly base: string;
  /** What stands after the pivot and keeps its folders: a pattern of `ignoreMatcher`, which knows `**`. */
  readonly pattern: string;
}

/** Takes a source of COPY `--parents` apart at the first `/./`, where the part of its path begins that is kept. */
export function parentsPattern(source: string): ParentsPattern {
  const pivot = source.indexOf("/./");
  if (pivot < 0) return { base: "", pattern: cleanPath(source) };
  return { base: cleanPath(source.slice(0, pivot)), pattern: cleanPath(source.slice(pivot + 3)) };
}

/** The path below a root that a path means: without empty names and `.`, and with `..` that stop at the root. */
export function cleanPath(path: string): string {
  const names: string[] = [];
  for (const name of path.split("/")) {
    if (name === "..") names.pop();
    else if (name !== "" && name !== ".") names.push(name);
  }
  return names.join("/");
}
