import type { FailedCommand } from "@strake/engine";

/**
 * Opens a shell where a command failed, on this terminal, with the files as the command left them.
 *
 * @param clear takes the progress off the terminal
 */
export async function openShell(failed: FailedCommand, clear: () => void): Promise<void> {
  clear();
  process.stderr.write(`A shell in the file system of the failed step; "exit" goes on.\n  ${failed.title}\n`);
  await failed.shell(["/bin/sh"]);
}
