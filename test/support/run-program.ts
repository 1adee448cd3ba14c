import { spawn } from "node:child_process";

/** How a program is started. */
export interface RunOptions {
  readonly cwd?: string;
  /** Added to this process's environment; `undefined` removes a name. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Written to standard input, which is closed afterwards. */
  readonly input?: string | Uint8Array;
  /** Aborting sends SIGTERM. */
  readonly signal?: AbortSignal;
}

/** What a finished program left behind. */
export interface RunResult {
  readonly stdout: string;
  readonly stderr: string;
  /** The exit status; 128 and the signal's number where a signal ended it, as a shell says it. */
  readonly status: number;
  /** Wall time from the start to the end, in milliseconds. */
  readonly ms: number;
}

const signalNumbers: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

/**
 * Runs a program to its end and returns what it printed, whatever its exit status.
 *
 * @throws when the program cannot be started.
 */
export function runProgram(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      signal: options.signal,
      stdio: ["pipe", "pipe", "pipe"],
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    // A program may end before it has read its input; that is not an error of the run.
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input);
    child.on("error", (error) => {
      if (error.name !== "AbortError") reject(error);
    });
    child.on("close", (code, signal) => {
      resolve({
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
        status: code ?? 128 + (signalNumbers[signal ?? ""] ?? 0),
        ms: performance.now() - started,
      });
    });
  });
}

/**
 * Runs a program that has to succeed and returns its standard output.
 *
 * @throws with the command and the end of what it printed when the exit status is not 0.
 */
export async function runOrThrow(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await runProgram(command, args, options);
  if (result.status === 0) return result.stdout;
  const printed = (result.stderr + result.stdout).trimEnd().split("\n").slice(-30).join("\n");
  throw new Error(`${[command, ...args].join(" ")} exited with ${result.status}\n${printed}`);
}
