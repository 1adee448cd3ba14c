import { type ChildProcess, spawn } from "node:child_process";
import { statSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { StrakeError } from "@strake/core";
import { makeControlGroup } from "./control-group.ts";
import { programPath } from "./find-program.ts";
import type { PreparedJob } from "./prepare-job.ts";
import type { SandboxExit, SandboxIo, SandboxJob } from "./sandbox.ts";
import { quote } from "./shell-words.ts";

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
 * The programs that the script runs below: all that they start goes with them.
 *
 * The first lets the kernel end the second when this process is gone. The second makes a process namespace, whose first
 * process takes all others with it when it ends, and which ends itself when the second does.
 */
const outer = [
  ...["setpriv", "--pdeathsig", "KILL"],
  ...["unshare", "--mount", "--pid", "--fork", "--kill-child=SIGKILL", "--mount-proc", "--propagation", "private"],
];

/**
 * Runs a sandbox and waits until everything that it started is gone.
 *
 * @throws StrakeError `sandbox-failed`, where something kept the command from being begun
 */
export async function runChain(prepared: PreparedJob, io: SandboxIo, chain: Chain): Promise<SandboxExit> {
  const { job } = prepared;
  io.signal?.throwIfAborted();
  const group = makeControlGroup(job.limits);
  // A file, not an argument: what a process is called with can be seen by every user.
  const script = join(job.scratch, "begin.sh");
  const note = join(job.scratch, "begun");
  // Opened at once: by the time that the command begins, the file may be out of sight.
  const opened = ["set -e", `exec 9> ${quote(note)}`, ...group.joining];
  const lines = [...opened, ...chain.script, "echo begun >&9", "exec 9>&-", chain.last];
  writeFileSync(script, `${lines.join("\n")}\n`, { mode: 0o600 });
  try {
    const network = chain.network === "none" ? ["--net"] : [];
    const [program = "", ...args] = [...outer, ...network, "sh", script];
    const child = spawn(program, args, {
      cwd: job.scratch,
      env: { PATH: programPath },
      stdio: io.terminal
        ? [io.input === false ? "ignore" : "inherit", "inherit", "inherit"]
        : ["ignore", "pipe", "pipe"],
      // A terminal's Ctrl-C is for this process to deal with, unless the command has the terminal.
      detached: !io.terminal,
    });
    const begun = () => (statSync(note, { throwIfNoEntry: false })?.size ?? 0) > 0;
    const { code, timedOut, said } = await ended(child, job, io, begun);
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

function ended(child: ChildProcess, job: SandboxJob, io: SandboxIo, begun: () => boolean): Promise<Ended> {
  return new Promise((resolve, reject) => {
    let timedOut = false;
    let said = "";
    const kill = () => void child.kill("SIGKILL");
    const timer =
      job.limits.timeout === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            kill();
          }, job.limits.timeout);
    io.signal?.addEventListener("abort", kill);
    child.stdout?.on("data", (chunk: Buffer) => io.output?.("stdout", chunk));
    child.stderr?.on("data", (chunk: Buffer) => {
      if (said.length < mostSaid && !begun()) said += chunk.toString();
      io.output?.("stderr", chunk);
    });
    const settle = () => {
      clearTimeout(timer);
      io.signal?.removeEventListener("abort", kill);
    };
    child.once("error", (error) => {
      settle();
      reject(error);
    });
    // Not "exit": the pipes close only when the last process that holds them is gone.
    child.once("close", (code, signal) => {
      settle();
      resolve({ code: code ?? 128 + (signal === null ? 0 : constants.signals[signal]), timedOut, said: said.trim() });
    });
  });
}
