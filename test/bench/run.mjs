// npm run bench [-- name…] [--rounds N]: runs the benchmarks of `benchmarks.ts`, all or the named ones.
// Node.js 20 reads no TypeScript, so they are bundled first; each file keeps its own address, from which it finds others.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

// Reading extra certificates adds tens of milliseconds to every Node.js start, ours and the empty one alike.
delete process.env.NODE_EXTRA_CA_CERTS;
// In CI a build fails for what the lockfile does not pin.
delete process.env.CI;
process.env.STRAKE_TEST_OWNER = String(process.pid);

const folder = mkdtempSync(join(tmpdir(), "strake-bench-program-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
process.on("SIGINT", () => process.exit(130));

await build({
  entryPoints: [fileURLToPath(new URL("benchmarks.ts", import.meta.url))],
  outfile: join(folder, "benchmarks.mjs"),
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20.19",
  logLevel: "warning",
  plugins: [
    {
      name: "own-address",
      setup: ({ onLoad }) =>
        onLoad({ filter: /\.ts$/ }, ({ path }) => ({
          loader: "ts",
          contents: readFileSync(path, "utf8").replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href)),
        })),
    },
  ],
});
const { runBenchmarks } = await import(pathToFileURL(join(folder, "benchmarks.mjs")).href);
await runBenchmarks(process.argv.slice(2));
