import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { type Import, readImports } from "./imports.ts";

/** Files by their path from the repository's root, with `/`, and their content. */
export type SourceTree = ReadonlyMap<string, string>;

/** The root of this repository. */
export const repositoryRoot: string = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const skipped = new Set(["node_modules", "dist", "coverage"]);

/** Lists the files below some folders of the repository, without what is installed or built, sorted. */
export function listFiles(folders: readonly string[], root: string = repositoryRoot): string[] {
  const visit = (folder: string): string[] =>
    readdirSync(join(root, folder), { withFileTypes: true })
      .filter(({ name }) => !skipped.has(name) && !name.startsWith("."))
      .flatMap((entry) => {
        const path = posix.join(folder, entry.name);
        return entry.isDirectory() ? visit(path) : [path];
      });
  return folders.flatMap(visit).sort();
}

/** Reads the TypeScript below some folders of the repository. */
export function readSources(...folders: string[]): SourceTree {
  const paths = listFiles(folders).filter((path) => /\.ts$/.test(path));
  return new Map(paths.map((path) => [path, readFileSync(join(repositoryRoot, path), "utf8")]));
}

/** Makes a tree for a test of these tests. */
export function madeUpTree(files: Readonly<Record<string, string>>): SourceTree {
  return new Map(Object.entries(files));
}

/** The package folder a path lies in: `oci` of `packages/oci/src/digest.ts`. */
export function packageOf(path: string): string | undefined {
  return /^packages\/([^/]+)\//.exec(path)?.[1];
}

/** The package folder an import names: `oci` of `@strake/oci/document`, `strake` of `strake`. */
export function packageNamed(specifier: string): string | undefined {
  return /^@strake\/([^/]+)/.exec(specifier)?.[1] ?? /^(strake)(\/|$)/.exec(specifier)?.[1];
}

/** The path a relative import leads to. */
export function resolveRelative(from: string, specifier: string): string {
  return posix.normalize(posix.join(posix.dirname(from), specifier));
}

/** True for tests and what only they use. */
export function isTest(path: string): boolean {
  return /\.test\.ts$/.test(path);
}

/** Every import of a tree with the file it stands in. */
export function allImports(tree: SourceTree): { path: string; found: Import }[] {
  return [...tree].flatMap(([path, source]) => readImports(source).map((found) => ({ path, found })));
}
