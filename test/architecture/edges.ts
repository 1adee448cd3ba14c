import { allImports, isTest, packageOf, resolveRelative, type SourceTree } from "./repository.ts";
import { readTokens } from "./tokens.ts";

/** Finds files that import the index of their own package; only a test beside the index may. */
export function indexOffences(tree: SourceTree): string[] {
  return allImports(tree)
    .filter(({ path }) => !path.endsWith("/src/index.test.ts"))
    .filter(({ path, found: { specifier } }) => {
      const index = `packages/${packageOf(path)}/src/index.ts`;
      return specifier.startsWith(".") && resolveRelative(path, specifier) === index;
    })
    .map(({ path, found: { line } }) => `${path}:${line} imports the index of its own package`);
}

/** Finds values that `core`, which runs in any JavaScript runtime, takes from the part of `oci` that needs Node.js. */
export function pureOffences(tree: SourceTree): string[] {
  return allImports(tree)
    .filter(({ path }) => /^packages\/core\/src\/(?!context\/)/.test(path) && !isTest(path))
    .filter(({ found: { specifier, typeOnly } }) => /^@strake\/oci(?!\/document$)/.test(specifier) && !typeOnly)
    .map(({ path, found: { line, specifier } }) => `${path}:${line} imports a value from ${specifier}`);
}

/** Finds reads of the environment outside the two places that may. */
export function environmentOffences(tree: SourceTree): string[] {
  return [...tree]
    .filter(([path]) => !/^packages\/(strake\/|registry\/src\/auth\/)/.test(path) && !isTest(path))
    .flatMap(([path, source]) => {
      const tokens = readTokens(source);
      return tokens
        .filter((token, index) => {
          const [dot, name] = [tokens[index + 1], tokens[index + 2]];
          const reads = token.text === "process" && dot?.text === "." && name?.text === "env";
          const imports = token.text === "env" && /^(node:)?process$/.test(tokens[index + 3]?.text ?? "");
          return token.kind === "word" && (reads || imports);
        })
        .map(({ line }) => `${path}:${line} reads the environment`);
    });
}
