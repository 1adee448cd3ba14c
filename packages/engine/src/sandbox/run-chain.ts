import { type ChildProcess, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { makeControlGroup } from "./control-group.ts";
import { programPath } from "./find-program.ts";
import type { SandboxExit, SandboxIo, SandboxJob } from "./sandbox.ts";

/** A program to run in namespaces of its own. */
export interface Chain {
  /** The lines of a script for `sh` that ends in `exec` of the sandbox; it begins in the job's scratch folder. */
  readonly script: readonly string[];
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

/** Runs a sandbox and waits until everything that it started is gone. */
export async function runChain(job: SandboxJob, io: SandboxIo, chain: Chain): Promise<SandboxExit> {
  io.signal?.throwIfAborted();
  const group = makeControlGroup(job.limits);
  const joining = (group?.members ?? []).map((file) => `echo 0 > ${file}`);
  // A file, not an argument: what a process is called with can be seen by every user.
  const script = join(job.scratch, "begin.sh");
  writeFileSync(script, `${["set -e", ...joining, ...chain.script].join("\n")}\n`, { mode: 0o600 });
  try {
    const network = chain.network === "none" ? ["--net"] : [];
    const [program = "", ...args] = [...outer, ...network, "sh", script];
    const child = spawn(program, args, {
      cwd: job.scratch,
      env: { PATH: programPath },
      stdio: io.terminal ? "inherit" : ["ignore", "pipe", "pipe"],
      // A terminal's Ctrl-C is for this process to deal with, unless the command has the terminal.
      detached: !io.terminal,
    });
    const { code, timedOut } = await ended(child, job, io);
    io.signal?.throwIfAborted();
    if (timedOut) return { code, reason: "timeout" };
    return group?.ranOutOfMemory(code) ? { code, reason: "memory" } : { code };
  } finally {
    group?.remove();
  }
}

function ended(child: ChildProcess, job: SandboxJob, io: SandboxIo): Promise<{ code: number; timedOut: boolean }> {
  return new Promise((resolve, reject) => {
    let timedOut = false;
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
    child.stderr?.on("data", (chunk: Buffer) => io.output?.("stderr", chunk));
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
      resolve({ code: code ?? 128 + (signal === null ? 0 : constants.signals[signal]), timedOut });
    });
  });
}
