import { basename } from "node:path";
import { setImmediate } from "node:timers/promises";
import { type CallSite, StrakeError } from "@strake/core";
import { exitStatus } from "../screen/exit-status.ts";

/**
 * Waits for what a build file does while it is loaded.
 *
 * Without this, one that waits for what never comes would end the whole process without a word, as would one that ends
 * the process itself, which scripts could even take for a build that is done. What it throws where nobody waits for it,
 * in a timer or in a promise, counts as thrown by the file.
 *
 * @param site - what the file waits in, where that is known
 * @throws StrakeError `build-file-unsettled` where nothing is left that the file could wait for, and whatever it throws
 */
export async function untilSettled<T>(work: PromiseLike<T>, file: string, site?: CallSite): Promise<T> {
  let stop = () => {};
  const broken = new Promise<never>((_, reject) => {
    const idle = () => reject(unsettled(file, site));
    const ended = (status: number) => {
      // A second Ctrl-C ends it at once.
      if (status === exitStatus.interrupted) return;
      process.exitCode = 1;
      process.stderr.write(`strake: ${basename(file)} ended the process\n  Throw an error to stop a build.\n`);
    };
    process.once("beforeExit", idle).once("exit", ended).once("uncaughtException", reject);
    stop = () => process.off("beforeExit", idle).off("exit", ended).off("uncaughtException", reject);
  });
  try {
    const result = await Promise.race([work, broken]);
    // A promise that is rejected, and that nobody waits for, is heard of a moment later.
    await Promise.race([setImmediate(), broken]);
    return result;
  } finally {
    stop();
  }
}

function unsettled(file: string, site: CallSite | undefined): StrakeError {
  return new StrakeError({
    code: "build-file-unsettled",
    message: `${basename(file)} waits for a promise that is never settled`,
    site,
    notes: ["Nothing is left to do that could settle it: look for an await of what nobody resolves."],
  });
}
