import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import { makeControlGroup } from "./control-group.ts";
import type { SandboxExit, SandboxIo, SandboxJob } from "./sandbox.ts";

/** A program to run in namespaces of its own. */
export interface Chain {
  /** A script for `sh`, which ends in `exec` of the sandbox; its working folder is the job's scratch folder. */
  readonly script: string;
  /** Values for the script's `$1` and on. */
  readonly args?: readonly string[];
  /** Instead of nearly no environment at all. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Where the programs of a machine are, for the sandbox's own use. */
const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

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
  const script = ["set -e", ...joining, chain.script].join("\n");
  try {
    const [program = "", ...args] = [...outer, "sh", "-c", script, "sandbox", ...(chain.args ?? [])];
    const child = spawn(program, args, {
      cwd: job.scratch,
      env: { PATH: path, ...chain.env },
      stdio: io.terminal ? "inherit" : ["ignore", "pipe", "pipe"],
      // A terminal's Ctrl-C is for this process to deal with, unless the command has the terminal.
      detached: !io.terminal,
    });
    const { code, timedOut } = await ended(child, job, io);
    io.signal?.throwIfAborted();
    if (timedOut) return { code, reason: "timeout" };
    return code !== 0 && group?.ranOutOfMemory() ? { code, reason: "memory" } : { code };
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
