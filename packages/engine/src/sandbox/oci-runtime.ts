import { closeSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { processName } from "../kernel/process-name.ts";
import { systemCalls } from "../kernel/system-calls.ts";
import { readIfPresent } from "../store/atomic-file.ts";
import { capabilitiesOf } from "./capabilities.ts";
import { controlGroups } from "./control-group.ts";
import { findProgram } from "./find-program.ts";
import { type PreparedJob, prepareJob } from "./prepare-job.ts";
import { removeControlGroups } from "./remove-group.ts";
import { runChain } from "./run-chain.ts";
import { runtimeConfig } from "./runtime-config.ts";
import type { Sandbox, SandboxExit, SandboxIo, SandboxName } from "./sandbox.ts";
import { KeptProgram } from "./seccomp-program.ts";
import { WaitingShells } from "./waiting-shells.ts";

/** How a runtime is called, given a bundle. */
interface Runtime {
  readonly name: SandboxName;
  readonly shells: WaitingShells;
  /** The words that begin its command, quoted. */
  readonly command: string;
}

/**
 * Runs commands with crun.
 *
 * @param programs the folder in which the compiled system call filter is kept
 */
export function crunSandbox(programs: string): Sandbox {
  let copy: number | undefined;
  const shells = new WaitingShells(() => {
    copy ??= sealedCopy("crun");
    return { early: crunEarly, open: copy };
  });
  const command = '"$crun" --cgroup-manager=disabled';
  const sandbox = ociRuntime({ name: "crun", shells, command }, new KeptProgram(programs));
  return {
    ...sandbox,
    close: () => {
      sandbox.close();
      if (copy !== undefined) closeSync(copy);
      copy = undefined;
    },
  };
}

/** Runs commands with runc. */
export function runcSandbox(): Sandbox {
  return ociRuntime({ name: "runc", shells: new WaitingShells(), command: "runc" }, undefined);
}

const crunEarly = [
  // It refuses machines with both versions of control groups; covered by an empty folder, it sees none.
  `mount -t tmpfs none ${controlGroups} 2>/dev/null || :`,
  "if [ -x /proc/self/fd/3 ]; then crun=/proc/self/fd/3; else crun=crun; fi",
];

/**
 * Copies a program into a file that cannot be changed any more.
 *
 * crun runs from such a copy only, so that no command can write into the program; where it is not given one, it makes
 * one for every command, which takes a third of its time.
 */
function sealedCopy(name: string): number | undefined {
  const program = findProgram(name);
  if (program === undefined) return undefined;
  try {
    return systemCalls().makeSealedFile(name, readFileSync(program.path));
  } catch {
    // It makes its own then.
    return undefined;
  }
}

function ociRuntime(runtime: Runtime, filter: KeptProgram | undefined): Sandbox {
  return {
    name: runtime.name,
    run: (job, io) => {
      const prepared = prepareJob(job);
      const { scratch } = prepared.job;
      const bundle = join(scratch, "bundle");
      mkdirSync(bundle);
      const terminal = io.terminal === true && io.input !== false && process.stdin.isTTY === true;
      const program = job.security === "insecure" ? undefined : filter?.get(capabilitiesOf(job));
      const config = runtimeConfig(prepared, { terminal, program });
      writeFileSync(join(bundle, "config.json"), printConfig(config), { mode: 0o600 });
      return runWith(runtime, prepared, io);
    },
    expect: () => runtime.shells.expect(),
    close: () => runtime.shells.close(),
  };
}

async function runWith({ name, shells, command }: Runtime, prepared: PreparedJob, io: SandboxIo): Promise<SandboxExit> {
  // runc names control groups after its containers, whatever folder it keeps their state in.
  const container = `strake-${processName()}-${basename(prepared.job.scratch)}`;
  try {
    return await runChain(shells, prepared, withPlainErrors(io), {
      script: prepared.mountCommands,
      last: `exec ${command} --root state --log="$PWD/log" --log-format=json run -b bundle ${container}`,
      refusal: () => lastError(join(prepared.job.scratch, "log")),
    });
  } finally {
    if (name === "runc") removeControlGroups(controlGroups, container);
  }
}

/** What crun says in the command's place, when that cannot be executed, is in the form of its log. */
function withPlainErrors(io: SandboxIo): SandboxIo {
  const { output } = io;
  if (output === undefined) return io;
  return {
    ...io,
    output(stream, chunk) {
      const said = chunk[0] === brace ? readMessage(Buffer.from(chunk).toString("utf8")) : undefined;
      output(stream, said?.startsWith("exec container process") ? Buffer.from(`${said}\n`) : chunk);
    },
  };
}

const brace = "{".charCodeAt(0);

/** Reads the last error of a runtime's log: what kept it from starting the command. */
function lastError(file: string): string | undefined {
  for (const line of (readIfPresent(file) ?? "").split("\n").reverse()) {
    const found = readMessage(line);
    if (found !== undefined) return found;
  }
  return undefined;
}

function readMessage(line: string): string | undefined {
  try {
    const { level, msg } = JSON.parse(line) as { level?: string; msg?: string };
    return level === "error" || level === undefined ? msg : undefined;
  } catch {
    return undefined;
  }
}

/** JSON has numbers of any size; JavaScript's own printer has not. */
function printConfig(config: unknown): string {
  const text = JSON.stringify(config, (_name, value) => (typeof value === "bigint" ? `#${value}#` : value));
  return text.replace(/"#(\d+)#"/g, "$1");
}
