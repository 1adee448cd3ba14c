// Bundles the command line and the library into dist/, beside the declarations that tsc has put there. They share
// chunks, so a build file that imports "strake" gets the very classes that the command line works with.
import { readdirSync, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const outdir = fileURLToPath(new URL("dist", import.meta.url));
const { metafile } = await build({
  absWorkingDir: fileURLToPath(new URL(".", import.meta.url)),
  entryPoints: ["src/bin.ts", "src/index.ts", "src/worker.ts"],
  outdir,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  conditions: ["source"],
  external: ["esbuild", "koffi"],
  // Beside the entry points, so that a module finds them relative to its own URL in whichever file it ends up.
  chunkNames: "chunk-[hash]",
  minifySyntax: true,
  minifyWhitespace: true,
  keepNames: false,
  metafile: true,
  logLevel: "warning",
  // Some dependencies are CommonJS and ask for Node's own modules with require.
  banner: {
    js: 'import{createRequire as __createRequire}from"node:module";const require=__createRequire(import.meta.url);',
  },
});

removeOutdated(outdir);

// Chunks of earlier builds stay a while, for a process that is running and has not loaded them yet.
function removeOutdated(folder) {
  const written = new Set(Object.keys(metafile.outputs).map((path) => basename(path)));
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    const outdated = entry.isFile() && entry.name.endsWith(".js") && !written.has(entry.name);
    if (outdated && Date.now() - statSync(path).mtimeMs > 600_000) rmSync(path);
  }
}
