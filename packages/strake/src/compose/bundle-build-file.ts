import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { StrakeError } from "@strake/core";
import type {
  BuildFailure,
  Loader,
  Message,
  OnLoadArgs,
  OnResolveArgs,
  OnResolveResult,
  Plugin,
  PluginBuild,
} from "esbuild";
import { configurationFiles } from "./configuration-files.ts";
import type { RawSourceMap } from "./source-map.ts";

/** A build file with all that it imports from its repository, as one module, and what that hangs on. */
export interface Bundle {
  /** The module; packages it imports are named by the URLs of their files. */
  readonly code: string;
  readonly map: RawSourceMap;
  /** Absolute paths of the files that were read, with what was read from those that are code. */
  readonly inputs: ReadonlyMap<string, Uint8Array | undefined>;
  /** Absolute paths that would have been read had they existed. */
  readonly absent: readonly string[];
}

/**
 * Bundles a build file with esbuild.
 *
 * Files of the repository become part of the bundle, packages in `node_modules` stay outside and are found from the
 * file that imports them. `import.meta.url`, `dirname` and `filename` are those of the source.
 *
 * @param library - the URL that `import … from "strake"` gets
 * @throws StrakeError `build-file-syntax`, with esbuild's own message and position
 */
export async function bundleBuildFile(file: string, library: string): Promise<Bundle> {
  const esbuild = await import("esbuild");
  const folder = dirname(file);
  const sources = new Map<string, Uint8Array | undefined>();
  const absent = new Set<string>();
  try {
    const result = await esbuild.build({
      absWorkingDir: folder,
      entryPoints: [file],
      // Nothing is written; the folder makes the source map's paths relative to the build file's.
      outfile: join(folder, "bundle.mjs"),
      write: false,
      bundle: true,
      format: "esm",
      platform: "node",
      target: `node${process.versions.node}`,
      sourcemap: "external",
      sourcesContent: false,
      metafile: true,
      logLevel: "silent",
      define: importMetaDefines,
      banner: { js: requireBanner },
      plugins: [resolvePackages(library, sources, absent), loadSources(sources)],
    });
    for (const path of Object.keys(result.metafile.inputs)) {
      if (!path.includes("strake-import-meta:") && !sources.has(resolve(folder, path)))
        sources.set(resolve(folder, path), undefined);
    }
    for (const configuration of configurationFiles([...sources.keys()].map((path) => dirname(path)))) {
      if (configuration.exists) sources.set(configuration.path, undefined);
      else absent.add(configuration.path);
    }
    const output = (extension: string) => result.outputFiles.find(({ path }) => path.endsWith(extension))!.text;
    const map = JSON.parse(output(".map")) as RawSourceMap;
    return {
      code: output(".mjs"),
      map: { version: 3, sources: map.sources.map((source) => resolve(folder, source)), mappings: map.mappings },
      inputs: sources,
      absent: [...absent].sort(),
    };
  } catch (error) {
    if (isBuildFailure(error)) throw toStrakeError(error, file);
    throw error;
  }
}

/** Positions in a bundle must not move, so it is one line; a build file may use `require` for what is CommonJS. */
const requireBanner =
  'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);';

const importMetaNames = { url: "__importMetaUrl", dirname: "__importMetaDirname", filename: "__importMetaFilename" };
const importMetaDefines = Object.fromEntries(
  Object.entries(importMetaNames).map(([property, name]) => [`import.meta.${property}`, name]),
);

const loaders: Readonly<Record<string, Loader>> = {
  ts: "ts", mts: "ts", cts: "ts", tsx: "tsx", js: "js", mjs: "js", cjs: "js", jsx: "jsx",
}; // biome-ignore format: a table

/**
 * Reads the repository's code, and gives each file that speaks of `import.meta` its own place.
 *
 * The values come through an import at the file's end: imports are done first wherever they stand, and no position in
 * the file moves.
 */
function loadSources(sources: Map<string, Uint8Array | undefined>): Plugin {
  const load = ({ path }: OnLoadArgs) => {
    const loader = loaders[path.slice(path.lastIndexOf(".") + 1)];
    if (loader === undefined) return undefined;
    const bytes = readFileSync(path);
    sources.set(path, bytes);
    const text = bytes.toString("utf8");
    if (!text.includes("import.meta.")) return { contents: bytes, loader };
    const names = Object.values(importMetaNames).join(", ");
    return { contents: `${text}\nimport { ${names} } from ${JSON.stringify(`strake-import-meta:${path}`)};`, loader };
  };
  return {
    name: "strake-sources",
    setup(build) {
      build.onLoad({ filter: /\.[cm]?[jt]sx?$/, namespace: "file" }, load);
      build.onResolve({ filter: /^strake-import-meta:/ }, ({ path }) => ({
        path: path.slice("strake-import-meta:".length),
        namespace: "strake-import-meta",
        sideEffects: false,
      }));
      build.onLoad({ filter: /./, namespace: "strake-import-meta" }, ({ path }) => ({
        contents: [
          `export const ${importMetaNames.url} = ${JSON.stringify(pathToFileURL(path).href)};`,
          `export const ${importMetaNames.dirname} = ${JSON.stringify(dirname(path))};`,
          `export const ${importMetaNames.filename} = ${JSON.stringify(path)};`,
        ].join("\n"),
        loader: "js",
      }));
    },
  };
}

/** Leaves packages outside the bundle, named by the URL of the file that the importing file would get. */
function resolvePackages(library: string, inputs: Map<string, Uint8Array | undefined>, absent: Set<string>): Plugin {
  const seen = Symbol();
  return {
    name: "strake-packages",
    setup(build) {
      build.onResolve({ filter: /^strake$/ }, ({ kind }) =>
        kind === "entry-point" ? undefined : { path: library, external: true },
      );
      build.onResolve({ filter: /^[^./]/ }, async (asked): Promise<OnResolveResult | undefined> => {
        if (asked.kind === "entry-point" || asked.pluginData === seen || asked.path.startsWith("strake-import-meta:"))
          return undefined;
        const found = await resolveAsEsbuild(build, asked, seen);
        if (found.errors.length > 0) return { errors: [{ text: missingPackage(asked.path) }] };
        if (found.external || found.namespace !== "file" || !inNodeModules(found.path)) return found;
        inputs.set(found.path, undefined);
        for (const path of nearerPackages(asked)) absent.add(path);
        const byRequire = asked.kind === "require-call" || asked.kind === "require-resolve";
        return { path: byRequire ? found.path : pathToFileURL(found.path).href, external: true };
      });
    },
  };
}

function resolveAsEsbuild(build: PluginBuild, { path, importer, resolveDir, kind }: OnResolveArgs, pluginData: symbol) {
  return build.resolve(path, { importer, resolveDir, kind, pluginData });
}

function inNodeModules(path: string): boolean {
  return path.includes(`${sep}node_modules${sep}`);
}

function missingPackage(path: string): string {
  return `cannot find ${JSON.stringify(path)}: no such package is installed, and nothing in tsconfig.json names it`;
}

/** Folders that would hold the package before the one it was found in does. */
function nearerPackages({ path, resolveDir }: OnResolveArgs): string[] {
  const name = path
    .split("/")
    .slice(0, path.startsWith("@") ? 2 : 1)
    .join("/");
  const nearer: string[] = [];
  for (let at = resolveDir; ; at = dirname(at)) {
    const candidate = join(at, "node_modules", name);
    if (existsSync(candidate) || dirname(at) === at) return nearer;
    if (basename(at) !== "node_modules") nearer.push(candidate);
  }
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && "errors" in error && Array.isArray(error.errors);
}

function toStrakeError(failure: BuildFailure, file: string): StrakeError {
  const [first, ...others] = failure.errors;
  const place = (message: Message | undefined) => message?.location && siteOf(message.location, dirname(file));
  const more = others.slice(0, 3).map((message) => {
    const site = place(message);
    return site ? `${basename(site.file)}:${site.line}:${site.column}  ${message.text}` : message.text;
  });
  return new StrakeError({
    code: "build-file-syntax",
    message: first?.text ?? failure.message,
    site: place(first) ?? { file, line: 1, column: 1 },
    notes: [...(first?.notes ?? []).map((note) => note.text), ...more],
  });
}

/** esbuild counts columns from 0 and in bytes, and gives paths relative to its working folder. */
function siteOf(location: NonNullable<Message["location"]>, folder: string) {
  const before = Buffer.from(location.lineText).subarray(0, location.column).toString("utf8");
  return { file: resolve(folder, location.file), line: location.line, column: before.length + 1 };
}
