import { existsSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";

/** A file that decides how code is compiled, or a place where one would. */
export interface ConfigurationFile {
  readonly path: string;
  readonly exists: boolean;
}

const names = ["tsconfig.json", "jsconfig.json", "package.json"];

/**
 * Lists the files that decide how the code of some folders is compiled: the nearest of each name going up, those that
 * a `tsconfig.json` extends, and the nearer places where there is none.
 */
export function configurationFiles(folders: readonly string[]): readonly ConfigurationFile[] {
  const found = new Map<string, boolean>();
  for (const name of names) {
    for (const folder of folders) {
      for (let at = folder; ; at = dirname(at)) {
        const path = join(at, name);
        const known = found.get(path);
        const exists = known ?? isFile(path);
        found.set(path, exists);
        if (exists && known === undefined && name !== "package.json") addExtended(path, found);
        if (known !== undefined || exists || dirname(at) === at) break;
      }
    }
  }
  return [...found].map(([path, exists]) => ({ path, exists }));
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function addExtended(path: string, found: Map<string, boolean>): void {
  for (const extended of extendedBy(path)) {
    if (found.has(extended)) continue;
    const exists = isFile(extended);
    found.set(extended, exists);
    if (exists) addExtended(extended, found);
  }
}

/** The files that a `tsconfig.json` names under `extends`; the file is JSON with comments, of which only this matters. */
function extendedBy(path: string): string[] {
  const text = readFileSync(path, "utf8").replaceAll(/("(?:[^"\\]|\\.)*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, "$1");
  const value = /"extends"\s*:\s*("(?:[^"\\]|\\.)*"|\[[^\]]*\])/.exec(text)?.[1];
  if (value === undefined) return [];
  const specifiers = [...value.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((match) => match[1]!);
  return specifiers.flatMap((specifier) => extendedFile(specifier, path));
}

function extendedFile(specifier: string, from: string): string[] {
  if (specifier.startsWith(".") || specifier.startsWith("/")) {
    const path = resolve(dirname(from), specifier);
    return [path.endsWith(".json") || !existsSync(`${path}.json`) ? path : `${path}.json`];
  }
  const require = createRequire(from);
  for (const candidate of [specifier, `${specifier}.json`, `${specifier}/tsconfig.json`]) {
    try {
      return [require.resolve(candidate)];
    } catch {
      // Not under this name.
    }
  }
  return [];
}
