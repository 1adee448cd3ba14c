// Bundles the command line and the library into dist/, beside the declarations that tsc has put there.
import { createHash } from "node:crypto";
import { readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { joinChunks } from "./join-chunks.mjs";

const folder = fileURLToPath(new URL(".", import.meta.url));
const outdir = join(folder, "dist");

/** How code is made, whether it is bundled or a part of what is. */
const code = {
  platform: "node",
  target: "node20.19",
  minifySyntax: true,
  minifyWhitespace: true,
  logLevel: "warning",
};

const options = {
  ...code,
  absWorkingDir: folder,
  outdir,
  bundle: true,
  write: false,
  conditions: ["source"],
  external: ["esbuild", "koffi"],
};

/** For `require`, and for code that is kept compiled. */
const script = {
  format: "cjs",
  define: { "import.meta.url": "__moduleUrl" },
  banner: { js: 'const __moduleUrl=require("node:url").pathToFileURL(__filename).href;' },
};

/** Bundles as a script. */
const asScript = { ...options, ...script, outExtension: { ".js": ".cjs" } };

/** Bundles as a module; some dependencies are CommonJS and ask for Node's own modules with require. */
const asModule = {
  ...options,
  format: "esm",
  banner: {
    js: 'import{createRequire as __createRequire}from"node:module";const require=__createRequire(import.meta.url);',
  },
};

const chunks = await build({
  ...options,
  format: "esm",
  splitting: true,
  outExtension: { ".js": ".mjs" },
  entryPoints: ["src/command-line.ts"],
});
const commandLine = await joinChunks(chunks.outputFiles, "command-line.mjs", {
  ...code,
  ...script,
  // A script whose compiled code is kept cannot import; packages outside are required instead.
  supported: { "dynamic-import": false },
});
const commandLineFile = `command-line-${createHash("sha256").update(commandLine).digest("hex").slice(0, 8).toUpperCase()}.cjs`;
const bin = await build({
  ...asScript,
  entryPoints: ["src/bin.ts"],
  // What starts it, and what is kept compiled of it, can never be of another bundle.
  define: { ...asScript.define, commandLineFile: JSON.stringify(commandLineFile) },
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

const written = new Set(["index.js", commandLineFile]);
writeFileSync(join(outdir, "index.js"), index);
writeFileSync(join(outdir, commandLineFile), commandLine);
for (const { path, contents } of [bin, library, worker].flatMap(({ outputFiles }) => outputFiles)) {
  writeFileSync(path, contents);
  written.add(basename(path));
}
// Scripts of earlier builds stay a while, for a process that is starting and has not read its own yet.
for (const name of readdirSync(outdir)) {
  const path = join(outdir, name);
  const outdated = /\.c?js$/.test(name) && !written.has(name);
  if (outdated && Date.now() - statSync(path).mtimeMs > 600_000) rmSync(path);
}
