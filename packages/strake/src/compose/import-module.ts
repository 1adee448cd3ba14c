/** Imports a module that is not part of the program. */
export type ImportModule = (specifier: string) => Promise<unknown>;

let importing: ImportModule = (specifier) => import(/* @vite-ignore */ specifier);

/** Says how modules are imported where the program's own code cannot. */
export function setImportModule(importModule: ImportModule): void {
  importing = importModule;
}

/** Imports a module that is not part of the program: a build file, a package. */
export const importModule: ImportModule = (specifier) => importing(specifier);
