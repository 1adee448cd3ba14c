import { readImports } from "./imports.ts";
import { resolveRelative, type SourceTree } from "./repository.ts";

/** Finds import cycles between files, type imports included; each as the files in order, the first one repeated. */
export function findCycles(tree: SourceTree): string[] {
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, way: readonly string[]): void => {
    const start = way.indexOf(path);
    if (start >= 0) cycles.push([...way.slice(start), path].join(" → "));
    if (start >= 0 || done.has(path)) return;
    for (const next of neighbours(tree, path)) visit(next, [...way, path]);
    done.add(path);
  };
  for (const path of tree.keys()) visit(path, []);
  return cycles;
}

function neighbours(tree: SourceTree, path: string): string[] {
  return readImports(tree.get(path) ?? "")
    .filter(({ specifier }) => specifier.startsWith("."))
    .map(({ specifier }) => resolveRelative(path, specifier))
    .filter((next) => tree.has(next));
}
