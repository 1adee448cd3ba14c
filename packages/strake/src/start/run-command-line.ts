import { join } from "node:path";
import { cacheHome } from "../compose/cache-home.ts";
import type { RepeatedRun } from "../repeat/repeated-run.ts";
import { RunWatch } from "../repeat/run-watch.ts";
import { watchProcess } from "../repeat/watch-process.ts";
import { CodeCache } from "./code-cache.ts";
import { loadCommandLine } from "./load-command-line.ts";

/** What running the command line takes. */
export interface CommandLineOptions {
  /** The folder of the store. */
  readonly home: string;
  /** The folder of the script. */
  readonly folder: string;
  /** The name of the script, with a digest of its content. */
  readonly script: string;
  /** The command, where it is one that may be repeated. */
  readonly repeated: RepeatedRun | undefined;
}

/** Runs the command line and ends the process with its status. */
export async function runCommandLine({ home, folder, script, repeated }: CommandLineOptions): Promise<void> {
  // Until it is known: a process with nothing left to wait for ends by itself, which is no success.
  process.exitCode = 1;
  const args = process.argv.slice(2);
  const watch = repeated === undefined || asksOthers(args) ? undefined : new RunWatch(home);
  if (watch !== undefined) watchProcess(watch);
  const commandLine = loadCommandLine(
    join(folder, script),
    new CodeCache(cacheHome(process.env), script, kindOf(args)),
    watch,
  );
  const status = await commandLine.main();
  if (status === 0) {
    const record = watch?.record();
    if (record !== undefined) repeated?.keep(record);
    commandLine.keepCode();
  }
  // Idle connections and threads would keep the process for a while; what was written has to leave it first.
  process.stdout.write("", () => process.stderr.write("", () => process.exit(status)));
}

/**
 * Tells whether a build is one that asks a daemon or a registry: what those answer is in no file, so that it would not
 * be repeated, and to watch it takes a tenth of its time.
 */
function asksOthers(args: readonly string[]): boolean {
  return args.some((arg, at) => {
    if (!/^--builder\b/.test(arg)) return arg === "--load" || arg === "--push";
    const [, builder = args[at + 1]] = arg.split("=");
    return builder !== "engine" && builder !== "auto";
  });
}

/** Commands that run much of the program, and each another part of it; the others share what they run. */
const large: ReadonlySet<string> = new Set(["copy", "plan", "pull", "push", "run"]);

/** Options with which a build runs more of the program than without. */
const kinds: Readonly<Record<string, RegExp>> = {
  file: /^(-f|--file\b)/,
  builder: /^--builder\b/,
  load: /^--load\b/,
  push: /^--push\b/,
};

/** Names which parts of the program a command is going to run. */
function kindOf(args: readonly string[]): string {
  const [command = ""] = args;
  if (command !== "build") return large.has(command) ? command : "other";
  const found = Object.entries(kinds).filter(([, pattern]) => args.some((arg) => pattern.test(arg)));
  // A context, as a rule, and then a Dockerfile.
  const names = args.at(-1)?.startsWith("-") === false && args.length > 1 ? ["context"] : [];
  return [...names, ...found.map(([name]) => name)].join("-");
}
