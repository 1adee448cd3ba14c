import { storeHome } from "./compose/store-home.ts";
import { RepeatedRun } from "./repeat/repeated-run.ts";
import { version } from "./version.ts";

/** The name of the command line's script, with a digest of its content; `bundle.mjs` knows it. */
declare const commandLineFile: string;

// Asking for the version is how scripts see whether a tool is there, so nothing else is loaded for it.
const asksForVersion = process.argv.length === 3 && /^(--version|-v|version)$/.test(process.argv[2] as string);

if (asksForVersion) process.stdout.write(`${version}\n`);
else void start();

/** Repeats what the command did the last time, or runs it. */
async function start(): Promise<void> {
  const home = storeHome(process.env);
  const repeated = RepeatedRun.of(home, commandLineFile);
  if (repeated?.repeat()) return;
  const { runCommandLine } = await import("./start/run-command-line.ts");
  await runCommandLine({ home, folder: __dirname, script: commandLineFile, repeated });
}
