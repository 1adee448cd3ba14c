import { tmpdir } from "node:os";
import { parseArgs } from "node:util";
import { stopDaemons } from "../support/stop-daemons.ts";
import { benchBuilder } from "./builder.ts";
import { benchFiles } from "./files.ts";
import { benchFleet } from "./fleet.ts";
import { benchMemory } from "./memory.ts";
import { benchMonorepo } from "./monorepo.ts";
import { benchRegistry } from "./registry.ts";
import { benchRun } from "./run.ts";
import { benchRunOutput } from "./run-output.ts";
import { benchStart } from "./start.ts";
import { benchWebServer } from "./web-server.ts";

/** Each measures something beside its peers, in one run, and prints a table. */
const benchmarks: Readonly<Record<string, (rounds: number) => Promise<void>>> = {
  files: benchFiles,
  monorepo: benchMonorepo,
  run: benchRun,
  "run-output": benchRunOutput,
  "web-server": benchWebServer,
  registry: benchRegistry,
  start: benchStart,
  memory: benchMemory,
  fleet: benchFleet,
  builder: benchBuilder,
};

/** Runs the named benchmarks, or all, and stops what they started. Nothing here passes or fails. */
export async function runBenchmarks(args: readonly string[]): Promise<void> {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { rounds: { type: "string", default: "3" } },
  });
  const names = positionals.length > 0 ? positionals : Object.keys(benchmarks);
  const unknown = names.filter((name) => benchmarks[name] === undefined);
  if (unknown.length > 0) {
    console.error(`no benchmark ${unknown.join(", ")}; there are ${Object.keys(benchmarks).join(", ")}`);
    process.exitCode = 2;
    return;
  }
  console.log(`Node.js ${process.versions.node}, ${process.platform} ${process.arch}; input in ${tmpdir()}`);
  try {
    for (const name of names) await benchmarks[name]?.(Number(values.rounds));
  } finally {
    await stopDaemons(process.pid);
  }
}
