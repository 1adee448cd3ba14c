import { readImports } from "./imports.ts";
import { allImports, packageNamed, packageOf, resolveRelative, type SourceTree } from "./repository.ts";

/** The floor each package stands on (ARCHITECTURE.md); imports go down only. */
export const floors: Readonly<Record<string, number>> = {
  oci: 0,
  core: 1,
  registry: 1,
  dockerfile: 2,
  engine: 2,
  daemon: 2,
  strake: 3,
  testing: 3,
  pulumi: 4,
};

/** Finds imports that go sideways or up, each with the chain of files that leads from the package's index to it. */
export function floorOffences(tree: SourceTree): string[] {
  const homeless = [...new Set([...tree.keys()].map(packageOf))].filter((name) => floors[name ?? ""] === undefined);
  const offences = allImports(tree).flatMap(({ path, found: { specifier, line } }) => {
    const from = packageOf(path) ?? "";
    const to = packageNamed(specifier) ?? packageReached(path, specifier);
    if (to === undefined || (to === from && specifier.startsWith("."))) return [];
    if (specifier.startsWith(".")) return [`${path}:${line} reaches into packages/${to} by a path`];
    if (floorOf(to) < floorOf(from)) return [];
    const chain = [...chainTo(tree, path), specifier].join(" → ");
    return [`${path}:${line} (floor ${floorOf(from)}) imports ${specifier} (floor ${floorOf(to)})\n  ${chain}`];
  });
  return [...homeless.map((name) => `packages/${name} stands on no floor`), ...offences];
}

/** Finds dependencies of package manifests that go sideways or up. */
export function manifestOffences(manifests: SourceTree): string[] {
  return [...manifests].flatMap(([path, text]) => {
    const { dependencies = {} } = JSON.parse(text) as { dependencies?: Record<string, string> };
    const from = packageOf(path) ?? "";
    return Object.keys(dependencies)
      .filter((name) => packageNamed(name) !== undefined)
      .filter((name) => floorOf(packageNamed(name) ?? "") >= floorOf(from))
      .map((name) => `${path} depends on ${name}`);
  });
}

function floorOf(name: string): number {
  return floors[name] ?? Number.NaN;
}

function packageReached(path: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  return packageOf(resolveRelative(path, specifier)) ?? "..";
}

/** The shortest way from the package's index to a file; the file alone where the index does not lead to it. */
function chainTo(tree: SourceTree, target: string): string[] {
  const start = `packages/${packageOf(target)}/src/index.ts`;
  const cameFrom = new Map<string, string | undefined>([[start, undefined]]);
  for (const path of cameFrom.keys()) {
    for (const { specifier } of readImports(tree.get(path) ?? "")) {
      const next = resolveRelative(path, specifier);
      if (specifier.startsWith(".") && !cameFrom.has(next)) cameFrom.set(next, path);
    }
  }
  const chain: string[] = [target];
  for (let path = cameFrom.get(target); path !== undefined; path = cameFrom.get(path)) chain.unshift(path);
  return chain;
}
