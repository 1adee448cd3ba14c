import { spawn } from "node:child_process";
import { constants } from "node:os";
import { StrakeError } from "@strake/core";
import { findUserNamespace, needsUserNamespace } from "@strake/engine";
import { ExitWith } from "./exit-with.ts";

/**
 * Makes sure that commands can be run: without root, all of this program runs again inside a user namespace.
 *
 * There it is root over what it makes, and everything else is as for root. Nothing may have been written before.
 *
 * @throws ExitWith when the other run has ended; StrakeError `run-unavailable` where it cannot be started
 */
export async function enterUserNamespace(): Promise<void> {
  if (!needsUserNamespace()) return;
  const found = findUserNamespace();
  if ("refusal" in found) {
    throw new StrakeError({ code: "run-unavailable", message: found.refusal, notes: found.notes });
  }
  if (found.single) {
    process.stderr.write(
      "WARNING: this user has no subordinate ids, so commands cannot change to other users or give files to them.\n" +
        "  They come with the package uidmap and a line in /etc/subuid and /etc/subgid; see strake doctor.\n",
    );
  }
  const [program = "", ...args] = [...found.command, process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const child = spawn(program, args, { stdio: "inherit" });
  // A terminal's Ctrl-C reaches the other run by itself; what is sent to this process is passed on.
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  const status = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
  throw new ExitWith(status);
}
