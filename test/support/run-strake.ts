import { type RunOptions, type RunResult, runProgram } from "./run-program.ts";
import { strakeBin } from "./strake-bin.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** How the command line is started. */
export interface RunStrakeOptions extends RunOptions {
  /** The store; a new, empty one when left out. */
  readonly home?: string;
}

/** Runs the built `strake` in a process of its own, with a store of its own, and returns what it printed. */
export function runStrake(args: readonly string[], options: RunStrakeOptions = {}): Promise<RunResult> {
  return runProgram(process.execPath, [strakeBin, ...args], {
    ...options,
    env: {
      // Reading extra certificates costs every Node.js start tens of milliseconds and no test needs them.
      NODE_EXTRA_CA_CERTS: undefined,
      NODE_OPTIONS: undefined,
      FORCE_COLOR: undefined,
      // In CI a build fails for what the lockfile does not pin, and tests begin without one.
      CI: undefined,
      SOURCE_DATE_EPOCH: undefined,
      STRAKE_HOME: options.home ?? temporaryFolder(),
      ...options.env,
    },
  });
}
