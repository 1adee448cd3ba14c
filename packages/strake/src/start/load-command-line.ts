import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { Script } from "node:vm";
import type { ImportModule } from "../compose/import-module.ts";
import type { RunWatch } from "../repeat/run-watch.ts";
import { watchedModules } from "../repeat/watched-modules.ts";
import type { CodeCache } from "./code-cache.ts";
import { lazyRequire } from "./lazy-require.ts";
import { shareLibrary } from "./shared-library.ts";

/** What the script of the command line exports. */
interface CommandLine {
  main(importModule: ImportModule): Promise<number>;
  readonly library: object;
}

/** The command line, loaded, and a way to keep what V8 compiled of it. */
export interface LoadedCommandLine {
  main(): Promise<number>;
  /** Keeps the compiled code for the next process, unless what was there is hardly worse. */
  keepCode(): void;
}

/** With so many bytes in use, V8 takes long to count its code. */
const muchMemory = 32_000_000;

/**
 * Loads the command line: one script, with the code that V8 made of it for an earlier process.
 *
 * Node 20 keeps no compiled code of modules, and looking for thirty of them takes longer than most commands.
 *
 * @param watch is told what the command does
 */
export function loadCommandLine(file: string, cache: CodeCache, watch?: RunWatch): LoadedCommandLine {
  const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(file, "latin1")}\n})`;
  const kept = cache.read();
  const script = new Script(source, { filename: file, ...(kept === undefined ? {} : { cachedData: kept }) });
  const isRefused = script.cachedDataRejected === true;
  if (isRefused || cache.isDue) dropUnusedCode(false);
  const module = { exports: {} as CommandLine };
  script.runInThisContext()(
    module.exports,
    lazyRequire(file, watch && watchedModules(watch)),
    module,
    file,
    dirname(file),
  );
  const { main, library } = module.exports;
  shareLibrary(library);
  return {
    // A script that was compiled before cannot import modules by itself.
    main: () =>
      main((specifier) => {
        watch?.import(specifier, pathToFileURL(join(dirname(file), "index.js")).href);
        return import(specifier);
      }),
    keepCode: () => cache.keep({ size: compiledSize, code: () => codeOf(script) }, isRefused),
  };
}

function codeOf(script: Script): Buffer {
  // V8 refuses code that was made with other flags than it is read with.
  dropUnusedCode(true);
  return script.createCachedData();
}

/** Says whether V8 drops code that has not run for a while, the largest of which is what the script runs once. */
function dropUnusedCode(does: boolean): void {
  v8().setFlagsFromString(does ? "--flush-bytecode" : "--no-flush-bytecode");
}

function compiledSize(): number | undefined {
  if (v8().getHeapStatistics().used_heap_size > muchMemory) return undefined;
  return v8().getHeapCodeStatistics().bytecode_and_metadata_size;
}

/** It takes milliseconds to load, and most processes do without. */
function v8(): typeof import("node:v8") {
  return process.getBuiltinModule("node:v8");
}
