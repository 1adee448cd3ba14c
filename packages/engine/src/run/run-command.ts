import { join } from "node:path";
import { proxyVariables, StrakeError } from "@strake/core";
import { digestParts } from "@strake/oci";
import type { Sandbox, SandboxJob } from "../sandbox/sandbox.ts";
import type { SolveContext } from "../solve/solve-context.ts";
import type { SolvedLayer } from "../solve/solved.ts";
import { commandFailure } from "./command-failure.ts";
import { CommandLog } from "./command-log.ts";
import { keepLayer } from "./keep-layer.ts";
import { lowerFolders } from "./lower-folders.ts";
import { type OpenMounts, openMounts } from "./open-mounts.ts";
import { makePassingFolder } from "./passing-folder.ts";
import { userOf } from "./user-of.ts";
import type { WantedCommand } from "./wanted-command.ts";

/** What BuildKit calls the machine that a command sees. */
const usualHostname = "buildkitsandbox";

/** Runs a command in a file system of its own, once there is a slot for it, and keeps the layer that it made. */
export function runCommand(context: SolveContext, wanted: WantedCommand): Promise<SolvedLayer> {
  return context.commands.slots.use(async () => {
    context.signal?.throwIfAborted();
    const { commands, plan } = context;
    const sandbox = await commands.sandbox();
    sandbox.expect();
    const lowers = await lowerFolders(commands.snapshots(), wanted.input.layers, plan.image.epoch);
    if (!context.folders.atRest({ all: true })) throw filesChanged();
    const scratch = commands.snapshots().scratch(lowers.at(-1));
    const passing = makePassingFolder();
    try {
      const mounts = await openMounts(context, wanted.operation, wanted.files, passing.path);
      try {
        const { upper, work } = scratch;
        const job = jobOf(context, wanted, { lowers, upper, work, scratch: join(passing.path, "sandbox") }, mounts);
        await runJob(context, wanted, sandbox, job, mounts.secrets);
      } finally {
        await mounts.close();
      }
      return await keepLayer(context, wanted, scratch.upper);
    } finally {
      // Meanwhile the next command is under way.
      commands.afterwards(() => {
        passing.remove();
        scratch.dispose();
      });
    }
  });
}

async function runJob(
  context: SolveContext,
  wanted: WantedCommand,
  sandbox: Sandbox,
  job: SandboxJob,
  secrets: readonly Uint8Array[],
): Promise<void> {
  const { commands, signal } = context;
  const file = join(commands.logs, `${digestParts(wanted.id).hex.slice(0, 12)}.log`);
  const log = new CommandLog(file, secrets, (text) => context.progress({ type: "output", step: wanted.id, text }));
  let succeeded = false;
  try {
    const running = sandbox.run(job, {
      output: (_stream, chunk) => log.write(chunk),
      ...(signal === undefined ? {} : { signal }),
    });
    if (context.expectsCommands()) sandbox.expect();
    const exit = await running;
    signal?.throwIfAborted();
    succeeded = exit.code === 0;
    log.end(succeeded ? "done" : "failed");
    if (succeeded) return;
    await commands.onFailure?.({
      title: wanted.operation.args.join(" "),
      shell: async (args) => (await sandbox.run({ ...job, args }, { terminal: true })).code,
    });
    throw commandFailure(context, wanted, exit, log);
  } finally {
    if (!succeeded) log.end("failed");
  }
}

function jobOf(
  context: SolveContext,
  { operation }: WantedCommand,
  folders: Pick<SandboxJob, "lowers" | "upper" | "work" | "scratch">,
  mounts: OpenMounts,
): SandboxJob {
  const { surroundings, limits } = context.commands;
  const network = operation.network === "default" ? (surroundings.network ?? "default") : operation.network;
  return {
    ...folders,
    volatile: true,
    args: operation.args,
    env: withProxies([...operation.env, ...mounts.env], surroundings.proxy),
    cwd: operation.cwd,
    user: userOf(operation.user, folders.lowers),
    mounts: mounts.mounts,
    network: network === "none" ? "none" : "host",
    hostname: surroundings.hostname ?? usualHostname,
    hosts: surroundings.hosts ?? [],
    security: operation.security,
    limits,
    ...(operation.script === undefined ? {} : { script: operation.script }),
  };
}

/** The variables of a command, of which those of proxies are the call's wherever it gives any. */
function withProxies(env: readonly string[], proxy: ReadonlyMap<string, string> = new Map()): readonly string[] {
  const given = proxyVariables(proxy);
  const names = new Set(given.map(nameOf));
  return [...env.filter((line) => !names.has(nameOf(line))), ...given];
}

function nameOf(line: string): string {
  return line.slice(0, line.indexOf("="));
}

/** What a command saw of the build's own files has to be what its key says. */
function filesChanged(): StrakeError {
  return new StrakeError({
    code: "files-changed",
    message: "files that the build reads were changed while it was running",
    notes: ["Build again."],
  });
}
