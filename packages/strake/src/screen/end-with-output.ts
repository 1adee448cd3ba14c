import { exitStatus } from "./exit-status.ts";

/**
 * Ends the process with a message when its output cannot be written, such as to a file on a full disk.
 *
 * A reader that goes away is left to others: it has seen enough.
 */
export function endWithOutput(stream: NodeJS.WriteStream, name: string): void {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") return;
    process.stderr.write(`strake: ${name} cannot be written: ${error.message}\n`);
    process.exit(exitStatus.failed);
  });
}
