import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { prepareJob } from "./prepare-job.ts";
import { runChain } from "./run-chain.ts";
import { runtimeConfig } from "./runtime-config.ts";
import type { Sandbox, SandboxName } from "./sandbox.ts";

/** How a runtime is called, given a bundle. */
interface Runtime {
  readonly name: SandboxName;
  readonly commands: readonly string[];
}

/** crun refuses machines with both versions of control groups; covered by an empty folder, it sees none. */
const crun: Runtime = {
  name: "crun",
  commands: [
    "mount -t tmpfs none /sys/fs/cgroup 2>/dev/null || :",
    "exec crun --root state --cgroup-manager=disabled run -b bundle command",
  ],
};

const runc: Runtime = {
  name: "runc",
  commands: ["exec runc --root state run -b bundle command"],
};

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

function ociRuntime({ name, commands }: Runtime, programs: string | undefined): Sandbox {
  return {
    name,
    run: async (job, io) => {
      const prepared = prepareJob(job);
      const bundle = join(job.scratch, "bundle");
      mkdirSync(bundle);
      const terminal = io.terminal === true && process.stdin.isTTY === true;
      writeFileSync(join(bundle, "config.json"), printConfig(runtimeConfig(prepared, { terminal, programs })), {
        mode: 0o600,
      });
      return runChain(job, io, { script: [...prepared.mountCommands, ...commands] });
    },
  };
}

/** JSON has numbers of any size; JavaScript's own printer has not. */
function printConfig(config: unknown): string {
  const text = JSON.stringify(config, (_name, value) => (typeof value === "bigint" ? `#${value}#` : value));
  return text.replace(/"#(\d+)#"/g, "$1");
}
