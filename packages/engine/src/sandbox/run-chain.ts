import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StrakeError } from "@strake/core";
import { makeControlGroup } from "./control-group.ts";
import type { NamespaceShell } from "./namespace-shell.ts";
import type { PreparedJob } from "./prepare-job.ts";
import type { SandboxExit, SandboxIo, SandboxJob } from "./sandbox.ts";
import { quote } from "./shell-words.ts";
import type { WaitingShells } from "./waiting-shells.ts";

/** A program to run in namespaces of its own. */
export interface Chain {
  /** The lines of a script for `sh`, which begins in the job's scratch folder. */
  readonly script: readonly string[];
  /** The last line, which becomes the sandbox. */
  readonly last: string;
  /** What the sandbox itself says of a command that it could not start. */
  readonly refusal?: (() => string | undefined) | undefined;
  /** The network, for sandboxes that do not see to it themselves. */
  readonly network?: "host" | "none";
}

/**
 * Runs a sandbox and waits until everything that it started is gone.
 *
 * @throws StrakeError `sandbox-failed`, where something kept the command from being begun
 */
export async function runChain(
  shells: WaitingShells,
  prepared: PreparedJob,
  io: SandboxIo,
  chain: Chain,
): Promise<SandboxExit> {
  const { job } = prepared;
  io.signal?.throwIfAborted();
  const group = makeControlGroup(job.limits);
  const note = join(job.scratch, "begun");
  // Opened at once: by the time that the command begins, the file may be out of sight.
  const opened = ["set -e", `exec 9> ${quote(note)}`, ...group.joining, `cd ${quote(job.scratch)}`];
  const lines = [...opened, ...chain.script, "echo begun >&9", "exec 9>&-", chain.last];
  // A file, not an argument: what a process is called with can be seen by every user.
  writeFileSync(join(job.scratch, "begin.sh"), `${lines.join("\n")}\n`, { mode: 0o600 });
  try {
    const shell = shells.take({
      isolated: chain.network === "none",
      ...(io.terminal ? { terminal: { folder: job.scratch, input: io.input !== false } } : {}),
    });
    const begun = () => (statSync(note, { throwIfNoEntry: false })?.size ?? 0) > 0;
    const { code, timedOut, said } = await ended(shell, job, io, begun);
    io.signal?.throwIfAborted();
    if (timedOut) return { code, reason: "timeout" };
    if (!begun()) throw failed(said || `exit status ${code}`);
    const refusal = code === 0 ? undefined : chain.refusal?.();
    if (refusal !== undefined) return refused(refusal);
    return group.ranOutOfMemory(code) ? { code, reason: "memory" } : { code };
  } finally {
    group.remove();
    prepared.finish();
  }
}

function failed(why: string): StrakeError {
  return new StrakeError({
    code: "sandbox-failed",
    message: "the file system of the command could not be set up",
    notes: [why, "strake doctor tells what this machine can do."],
  });
}

/** A command that is not there is the build's mistake, and has the status that shells give it. */
function refused(text: string): SandboxExit {
  const missing = /not found|no such file/i.test(text);
  // Other things are missing or forbidden too when a sandbox cannot be set up.
  if (!/\bexec/i.test(text)) throw failed(text);
  return { code: missing ? 127 : 126 };
}

/** As much as is kept of what a sandbox says that does not get to the command. */
const mostSaid = 4096;

interface Ended {
  readonly code: number;
  readonly timedOut: boolean;
  /** What was said on the error output before the command began. */
  readonly said: string;
}

async function ended(shell: NamespaceShell, job: SandboxJob, io: SandboxIo, begun: () => boolean): Promise<Ended> {
  let timedOut = false;
  let said = "";
  const kill = () => shell.kill();
  const timer =
    job.limits.timeout === undefined
      ? undefined
      : setTimeout(() => {
          timedOut = true;
          kill();
        }, job.limits.timeout);
  io.signal?.addEventListener("abort", kill);
  try {
    const code = await shell.begin(job.scratch, job.user, (stream, chunk) => {
      if (stream === "stderr" && said.length < mostSaid && !begun()) said += chunk.toString();
      io.output?.(stream, chunk);
    });
    return { code, timedOut, said: said.trim() };
  } finally {
    clearTimeout(timer);
    io.signal?.removeEventListener("abort", kill);
  }
}
