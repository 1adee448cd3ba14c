import { mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { processName } from "../kernel/process-name.ts";
import { readIfPresent } from "../store/atomic-file.ts";
import { removeControlGroups } from "./control-group.ts";
import { type PreparedJob, prepareJob } from "./prepare-job.ts";
import { runChain } from "./run-chain.ts";
import { runtimeConfig } from "./runtime-config.ts";
import type { Sandbox, SandboxExit, SandboxIo, SandboxName } from "./sandbox.ts";

/** How a runtime is called, given a bundle. */
interface Runtime {
  readonly name: SandboxName;
  readonly before: readonly string[];
  readonly options: string;
}

/** crun refuses machines with both versions of control groups; covered by an empty folder, it sees none. */
const crun: Runtime = {
  name: "crun",
  before: ["mount -t tmpfs none /sys/fs/cgroup 2>/dev/null || :"],
  options: "--cgroup-manager=disabled",
};

const runc: Runtime = { name: "runc", before: [], options: "" };

/**
 * Runs commands with crun.
 *
 * @param programs the folder in which the compiled system call filter is kept
 */
export function crunSandbox(programs: string): Sandbox {
  return ociRuntime(crun, programs);
}

/** Runs commands with runc. */
export function runcSandbox(): Sandbox {
  return ociRuntime(runc, undefined);
}

function ociRuntime(runtime: Runtime, programs: string | undefined): Sandbox {
  return {
    name: runtime.name,
    run: (job, io) => {
      const prepared = prepareJob(job);
      const { scratch } = prepared.job;
      const bundle = join(scratch, "bundle");
      mkdirSync(bundle);
      const terminal = io.terminal === true && io.input !== false && process.stdin.isTTY === true;
      const config = runtimeConfig(prepared, { terminal, programs });
      writeFileSync(join(bundle, "config.json"), printConfig(config), { mode: 0o600 });
      return runWith(runtime, prepared, io);
    },
  };
}

async function runWith({ name, before, options }: Runtime, prepared: PreparedJob, io: SandboxIo): Promise<SandboxExit> {
  // runc names control groups after its containers, whatever folder it keeps their state in.
  const container = `strake-${processName()}-${basename(prepared.job.scratch)}`;
  try {
    return await runChain(prepared, io, {
      script: [...prepared.mountCommands, ...before],
      last: `exec ${name} --root state --log="$PWD/log" --log-format=json ${options} run -b bundle ${container}`,
      refusal: () => lastError(join(prepared.job.scratch, "log")),
    });
  } finally {
    if (name === "runc") removeControlGroups(container);
  }
}

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
