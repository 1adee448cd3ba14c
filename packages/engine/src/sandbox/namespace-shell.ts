import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, fchownSync } from "node:fs";
import { Socket } from "node:net";
import { constants } from "node:os";
import { systemCalls } from "../kernel/system-calls.ts";
import { controlGroups } from "./control-group.ts";
import { programPath } from "./find-program.ts";

/** How a shell is started. */
export interface ShellOptions {
  /** Lines that it runs at once, before it knows for which command. */
  readonly early: readonly string[];
  /** A file that it has open as descriptor 3. */
  readonly open?: number | undefined;
  /** Without any network but its own. */
  readonly isolated?: boolean;
  /** It gets this process's terminal, and begins at once in a folder. */
  readonly terminal?: { readonly folder: string; readonly input: boolean };
}

/** The two ways in which something is printed. */
export type OutputStream = "stdout" | "stderr";

/**
 * The programs that a shell runs below: all that they start goes with them.
 *
 * The first lets the kernel end the second when this process is gone. The second makes a process namespace, whose first
 * process takes all others with it when it ends, and which ends itself when the second does.
 */
const outer = [
  ...["setpriv", "--pdeathsig", "KILL"],
  ...["unshare", "--mount", "--pid", "--fork", "--kill-child=SIGKILL", "--mount-proc", "--propagation", "private"],
];

/**
 * A shell in namespaces of its own, which waits until it is told the folder of a command and runs `begin.sh` there.
 *
 * It stands in the folder of control groups until then, which a sandbox may have covered by the time it joins some.
 */
export class NamespaceShell {
  readonly #child: ChildProcess;
  readonly #readers: Readonly<Record<OutputStream, number>> | undefined;
  readonly #exited: Promise<number>;
  #begun = false;

  constructor({ early, open, isolated, terminal }: ShellOptions) {
    const waiting = terminal === undefined ? ["IFS= read -r folder", "exec < /dev/null"] : ["folder=$1"];
    const lines = ["set -e", `cd ${controlGroups} 2>/dev/null || cd /`, ...early, ...waiting, '. "$folder/begin.sh"'];
    const network = isolated ? ["--net"] : [];
    const script = ["sh", "-c", lines.join("\n"), "sh", ...(terminal === undefined ? [] : [terminal.folder])];
    const [program = "", ...args] = [...outer, ...network, ...script];
    // Pipes, as Node makes none: what it has for programs cannot be opened again as /dev/stdout.
    const pipes = terminal === undefined ? [systemCalls().makePipe(), systemCalls().makePipe()] : undefined;
    const [out, err] = pipes ?? [];
    this.#child = spawn(program, args, {
      cwd: "/",
      env: { PATH: programPath },
      stdio: [
        ...(terminal === undefined
          ? (["pipe", out?.writer, err?.writer] as const)
          : ([terminal.input ? "inherit" : "ignore", "inherit", "inherit"] as const)),
        ...(open === undefined ? [] : [open]),
      ],
      // A terminal's Ctrl-C is for this process to deal with, unless the command has the terminal.
      detached: terminal === undefined,
    });
    for (const { writer } of pipes ?? []) closeSync(writer);
    this.#readers = out && err && { stdout: out.reader, stderr: err.reader };
    this.#exited = exitOf(this.#child);
    if (terminal !== undefined) return;
    // Nobody waits for a command that does not come.
    this.#exited.catch(() => {});
    this.#child.unref();
    this.#child.stdin?.on("error", () => {});
    (this.#child.stdin as Socket | null)?.unref();
  }

  /** Whether it is still there. */
  get waits(): boolean {
    const { pid, exitCode, signalCode } = this.#child;
    return !this.#begun && pid !== undefined && exitCode === null && signalCode === null;
  }

  /**
   * Runs the script of a folder.
   *
   * @param owner gets the pipes: commands of other users than root open them by name too
   * @returns the exit status, 128 and more for a signal, once everything that was started is gone
   */
  async begin(
    folder: string,
    owner: { readonly uid: number; readonly gid: number },
    output: (stream: OutputStream, chunk: Buffer) => void,
  ): Promise<number> {
    this.#begun = true;
    const readers = this.#readers;
    if (readers === undefined) return await this.#exited;
    const streams = (["stdout", "stderr"] as const).map((name) => {
      giveTo(readers[name], owner);
      return readAll(readers[name], (chunk) => output(name, chunk));
    });
    this.#child.ref();
    this.#child.stdin?.end(`${folder}\n`);
    // The pipes close only when the last process that holds them is gone.
    const [code] = await Promise.all([this.#exited, ...streams]);
    return code;
  }

  /** Ends it, and everything that it started. */
  kill(): void {
    this.#child.kill("SIGKILL");
    if (this.#begun) return;
    this.#begun = true;
    for (const reader of Object.values(this.#readers ?? {})) closeSync(reader);
  }
}

function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}

function giveTo(descriptor: number, { uid, gid }: { readonly uid: number; readonly gid: number }): void {
  try {
    fchownSync(descriptor, uid, gid);
  } catch {
    // In a user namespace of a single id nothing can belong to others.
  }
}

function readAll(descriptor: number, take: (chunk: Buffer) => void): Promise<void> {
  return new Promise((resolve) => {
    const socket = new Socket({ fd: descriptor, readable: true, writable: false });
    socket
      .on("data", take)
      .once("error", () => {})
      .once("close", () => resolve());
  });
}
