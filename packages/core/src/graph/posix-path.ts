/** Cleans a path as Go's `path.Clean` does: no doubled slashes, no `.`, and `..` resolved where it can be. */
export function cleanPath(path: string): string {
  const rooted = path.startsWith("/");
  const kept: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") kept.push(part);
    else if (kept.length > 0 && kept.at(-1) !== "..") kept.pop();
    else if (!rooted) kept.push("..");
  }
  const joined = kept.join("/");
  return rooted ? `/${joined}` : joined || ".";
}

/** Joins a path to the folder it is relative to; an absolute path stays what it is. The result is clean. */
export function joinPath(folder: string, path: string): string {
  return cleanPath(path.startsWith("/") ? path : `${folder}/${path}`);
}

/** The path of one folder or file as seen from a folder, both absolute: `.`, `src`, `../base`. */
export function relativePath(folder: string, path: string): string {
  const from = cleanPath(folder).split("/").filter(Boolean);
  const to = cleanPath(path).split("/").filter(Boolean);
  let same = 0;
  while (same < from.length && same < to.length && from[same] === to[same]) same++;
  const up = from.slice(same).map(() => "..");
  return [...up, ...to.slice(same)].join("/") || ".";
}

/** The last part of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** A path of the host with forward slashes, as every path in a definition has them. */
export function toPosix(path: string): string {
  return /^[A-Za-z]:\\|^\\\\/.test(path) ? path.replaceAll("\\", "/") : path;
}

/** The folder that a path is in. */
export function parentPath(path: string): string {
  const slash = path.lastIndexOf("/");
  if (slash < 0) return ".";
  return slash === 0 ? "/" : path.slice(0, slash);
}
