import { setMaxListeners } from "node:events";
import { CommanderError } from "commander";
import { ExitWith } from "../compose/exit-with.ts";
import { type ImportModule, setImportModule } from "../compose/import-module.ts";
import { endWithOutput } from "../screen/end-with-output.ts";
import { exitStatus, statusOf } from "../screen/exit-status.ts";
import { showError } from "../screen/show-error.ts";
import { wantsColour } from "../screen/style.ts";
import { endWithReader } from "../start/end-with-reader.ts";
import { makeActions } from "./actions.ts";
import { plainFlags } from "./option/plain-flags.ts";
import { makeProgram } from "./program.ts";
import { usageError } from "./usage-error.ts";

/** Runs the command line and gives the status that the process ends with. */
export async function main(importModule: ImportModule): Promise<number> {
  setImportModule(importModule);
  const controller = new AbortController();
  // All that is built at the same time listens; Node.js takes more than ten for a leak.
  setMaxListeners(0, controller.signal);
  interruptWith(controller);
  endWithOutput(process.stdout, "standard output");
  endWithReader(process.stdout);
  endWithReader(process.stderr);
  const status = await run(process.argv.slice(2), controller.signal);
  // What failed of the last words is told a moment later.
  if (process.stdout.errored) await new Promise((resolve) => setImmediate(resolve));
  return status;
}

async function run(args: readonly string[], signal: AbortSignal): Promise<number> {
  const program = makeProgram(makeActions(signal), process.env, args[0]);
  try {
    await program.parseAsync([...plainFlags(program, args)], { from: "user" });
    return exitStatus.done;
  } catch (caught) {
    const error = caught instanceof CommanderError ? fromCommander(caught) : caught;
    if (error === undefined) return exitStatus.done;
    if (error instanceof ExitWith) return error.status;
    const status = signal.aborted ? exitStatus.interrupted : statusOf(error);
    const shown = signal.aborted ? signal.reason : error;
    process.stderr.write(
      showError(shown, {
        folder: process.cwd(),
        colour: wantsColour(process.stderr, process.env),
        debug: Boolean(process.env.STRAKE_DEBUG),
      }),
    );
    return status;
  }
}

/** Help and the version come as errors too; everything else commander finds wrong is a mistake in the request. */
function fromCommander(error: CommanderError): Error | undefined {
  if (error.exitCode === 0) return undefined;
  if (error.code === "commander.help") return usageError("a command is missing", "strake --help lists the commands.");
  const [message = "", ...notes] = error.message.replace(/^error: /, "").split("\n");
  return usageError(message, ...notes.map((note) => note.replace(/^\((.*)\)$/, "$1")));
}

/** The first Ctrl-C lets the work end in order, the second ends it at once. */
function interruptWith(controller: AbortController): void {
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(exitStatus.interrupted);
    controller.abort();
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
}
