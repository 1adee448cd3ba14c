import { join } from "node:path";
import { storeHome } from "./compose/store-home.ts";
import { CodeCache } from "./start/code-cache.ts";
import { loadCommandLine } from "./start/load-command-line.ts";
import { version } from "./version.ts";

/** The name of the command line's script, with a digest of its content; `bundle.mjs` knows it. */
declare const commandLineFile: string;

// Asking for the version is how scripts see whether a tool is there, so nothing else is loaded for it.
const asksForVersion = process.argv.length === 3 && /^(--version|-v|version)$/.test(process.argv[2] as string);

if (asksForVersion) process.stdout.write(`${version}\n`);
else void run();

/** Runs the command line and ends the process with its status. */
async function run(): Promise<void> {
  // Until it is known: a process with nothing left to wait for ends by itself, which is no success.
  process.exitCode = 1;
  const cache = new CodeCache(storeHome(process.env), commandLineFile);
  const commandLine = loadCommandLine(join(__dirname, commandLineFile), cache);
  const status = await commandLine.main();
  // Building writes to the store anyway, and is what people wait for again and again.
  if (status === 0 && process.argv[2] === "build") commandLine.keepCode();
  // Idle connections and threads would keep the process for a while; what was written has to leave it first.
  process.stdout.write("", () => process.stderr.write("", () => process.exit(status)));
}
