// Bundles the command line and the library into dist/, beside the declarations that tsc has put there.
import { readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const folder = fileURLToPath(new URL(".", import.meta.url));
const outdir = join(folder, "dist");

const options = {
  absWorkingDir: folder,
  outdir,
  bundle: true,
  write: false,
  platform: "node",
  target: "node20.19",
  conditions: ["source"],
  external: ["esbuild", "koffi"],
  minifySyntax: true,
  minifyWhitespace: true,
  logLevel: "warning",
};

/** Bundles as a script, for `require` and for code that is kept compiled. */
const asScript = {
  ...options,
  format: "cjs",
  outExtension: { ".js": ".cjs" },
  define: { "import.meta.url": "__moduleUrl" },
  banner: { js: 'const __moduleUrl=require("node:url").pathToFileURL(__filename).href;' },
};

/** Bundles as a module; some dependencies are CommonJS and ask for Node's own modules with require. */
const asModule = {
  ...options,
  format: "esm",
  banner: {
    js: 'import{createRequire as __createRequire}from"node:module";const require=__createRequire(import.meta.url);',
  },
};

const commandLine = await build({
  ...asScript,
  entryPoints: ["src/command-line.ts"],
  entryNames: "[name]-[hash]",
  // A script whose compiled code is kept cannot import; packages outside are required instead.
  supported: { "dynamic-import": false },
});
const bin = await build({
  ...asScript,
  entryPoints: ["src/bin.ts"],
  // What starts it, and what is kept compiled of it, can never be of another bundle.
  define: { ...asScript.define, commandLineFile: JSON.stringify(basename(commandLine.outputFiles[0].path)) },
  banner: {},
});
const library = await build({ ...asScript, entryPoints: { library: "src/library.ts" } });
const worker = await build({ ...asModule, entryPoints: ["src/worker.ts"] });

const { metafile } = await build({ ...asModule, entryPoints: ["src/library.ts"], metafile: true });
const [{ exports: names }] = Object.values(metafile.outputs);
const { sharedLibrary } = await import(
  `data:text/javascript,${encodeURIComponent(
    (await build({ ...asModule, banner: {}, entryPoints: ["src/start/shared-library.ts"] })).outputFiles[0].text,
  )}`
);
// A build file gets the library of the command line that runs it, everybody else one of their own.
const index = `import { createRequire } from "node:module";
const library = globalThis[Symbol.for(${JSON.stringify(sharedLibrary.description)})] ?? createRequire(import.meta.url)("./library.cjs");
export const { ${names.join(", ")} } = library;
`;

const written = new Set(["index.js"]);
writeFileSync(join(outdir, "index.js"), index);
for (const { path, contents } of [commandLine, bin, library, worker].flatMap(({ outputFiles }) => outputFiles)) {
  writeFileSync(path, contents);
  written.add(basename(path));
}
// Scripts of earlier builds stay a while, for a process that is starting and has not read its own yet.
for (const name of readdirSync(outdir)) {
  const path = join(outdir, name);
  const outdated = /\.c?js$/.test(name) && !written.has(name);
  if (outdated && Date.now() - statSync(path).mtimeMs > 600_000) rmSync(path);
}
