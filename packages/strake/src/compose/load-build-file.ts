import { existsSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { setCallSiteMapper } from "@strake/core";
import { version } from "../version.ts";
import { buildFileError } from "./build-file-error.ts";
import type { Bundle } from "./bundle-build-file.ts";
import { importModule } from "./import-module.ts";
import { type BundleFile, bundleFolder, readKeptBundle, writeBundle, writeKeptBundle } from "./kept-bundle.ts";
import { mapCallSite, rememberBundle } from "./map-call-site.ts";
import { type RawSourceMap, sourcePositions } from "./source-map.ts";
import { untilSettled } from "./until-settled.ts";

/** What loading a build file needs to know. */
export interface LoadOptions {
  /** The build file; absolute. */
  readonly file: string;
  /** The store's folder, where bundles are kept. */
  readonly home: string;
  /** The URL of the module that the build file gets for `import … from "strake"`: this copy's own library. */
  readonly library: string;
  /** False: nothing is kept, and a bundle that is not kept already is made for this time only. */
  readonly write: boolean;
}

/** What a module exports, by name. */
export type ModuleExports = Readonly<Record<string, unknown>>;

/**
 * Runs a build file and gives what it exports.
 *
 * The file is bundled once and the bundle kept; while nothing it was made of changes, esbuild is not even loaded.
 *
 * @throws StrakeError with the place in the author's source, for whatever is wrong with the file or thrown by it
 */
export async function loadBuildFile(options: LoadOptions): Promise<ModuleExports> {
  const folder = bundleFolder(options.home, options.file, options.library, version, process.version);
  const known = readKeptBundle(folder);
  const found = known && (await runUnlessPruned(known, options));
  if (found !== undefined) return found;
  const began = Date.now();
  const { bundleBuildFile } = await import("./bundle-build-file.ts");
  const bundle = await bundleBuildFile(options.file, options.library);
  const kept = options.write ? keepUnlessPruned(folder, bundle, began) : undefined;
  const exports = kept && (await runUnlessPruned(kept, options));
  if (exports !== undefined) return exports;
  const temporary = mkdtempSync(join(tmpdir(), "strake-"));
  try {
    return await run(writeBundle(temporary, bundle).path, bundle.map, options);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** Keeps a bundle in the store; there is none when somebody has pruned its folder at the same moment. */
function keepUnlessPruned(folder: string, bundle: Bundle, began: number): BundleFile | undefined {
  try {
    return writeKeptBundle(folder, bundle, began);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return undefined;
  }
}

/** Runs a bundle of the store; nothing comes of one that somebody has pruned since it was found or put there. */
async function runUnlessPruned(bundle: BundleFile, options: LoadOptions): Promise<ModuleExports | undefined> {
  // Read before it is needed: without it, the statements' places, and what is beside them, would not be known.
  const map = bundle.map();
  if (map === undefined) return undefined;
  try {
    return await run(bundle.path, map, options);
  } catch (error) {
    if (existsSync(bundle.path)) throw error;
    return undefined;
  }
}

async function run(path: string, map: RawSourceMap, options: LoadOptions): Promise<ModuleExports> {
  let lookup: ReturnType<typeof sourcePositions> | undefined;
  // Node calls a module by its path without symlinks, also where the store is reached through one.
  rememberBundle(realpathSync(path), (line, column) => {
    lookup ??= sourcePositions(map);
    return lookup(line, column);
  });
  setCallSiteMapper(mapCallSite);
  try {
    return (await untilSettled(importModule(pathToFileURL(path).href), options.file)) as ModuleExports;
  } catch (error) {
    const library = (await importModule(options.library)) as ModuleExports;
    throw buildFileError(error, options.file, Object.keys(library));
  }
}
