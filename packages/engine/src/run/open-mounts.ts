import { chmodSync, chownSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nearest, type RunMount, type RunOperation, StrakeError } from "@strake/core";
import type { SandboxMount } from "../sandbox/sandbox.ts";
import type { SolveContext } from "../solve/solve-context.ts";
import { openAgentProxy } from "./agent-proxy.ts";
import type { CommandPorts } from "./command-ports.ts";
import { lowerFolders } from "./lower-folders.ts";
import type { MountFiles } from "./mount-files.ts";
import { openCache } from "./open-cache.ts";

/** The mounts of a command, made ready. */
export interface OpenMounts {
  readonly mounts: readonly SandboxMount[];
  /** `NAME=value`: secrets and sockets that the command finds through its environment. */
  readonly env: readonly string[];
  /** The values of secrets that the command can see. */
  readonly secrets: readonly Uint8Array[];
  /** Gives back what was opened. */
  close(): Promise<void>;
}

/** What one mount comes to. */
interface OpenMount {
  readonly mount?: SandboxMount;
  readonly env?: readonly string[];
  readonly secret?: Uint8Array;
  readonly close?: () => Promise<void> | void;
}

/**
 * Makes the mounts of a command ready, in order; when one cannot be, those before it are given back.
 *
 * @param passing a folder in memory, for secrets and sockets
 * @throws StrakeError `missing-secret` or `missing-agent` for what is required and was not given
 */
export async function openMounts(
  context: SolveContext,
  operation: RunOperation,
  files: ReadonlyMap<RunMount, MountFiles>,
  passing: string,
): Promise<OpenMounts> {
  const open: OpenMount[] = [];
  const close = async () => {
    for (const each of open.toReversed()) await each.close?.();
  };
  try {
    for (const [at, mount] of operation.mounts.entries()) {
      open.push(await openMount(context, mount, files.get(mount), join(passing, `mount-${at}`)));
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    mounts: open.flatMap(({ mount }) => (mount === undefined ? [] : [mount])),
    env: [...open.flatMap(({ env }) => env ?? []), ...agentVariable(operation)],
    secrets: open.flatMap(({ secret }) => (secret === undefined ? [] : [secret])),
    close,
  };
}

/** Commands find the first agent by this variable, given or not, unless they have one of their own, as in BuildKit. */
function agentVariable(operation: RunOperation): readonly string[] {
  const agent = operation.mounts.find((mount) => mount.type === "ssh");
  const known = operation.env.some((line) => line.startsWith("SSH_AUTH_SOCK="));
  return agent === undefined || known ? [] : [`SSH_AUTH_SOCK=${agent.target}`];
}

async function openMount(
  context: SolveContext,
  mount: RunMount,
  files: MountFiles | undefined,
  passing: string,
): Promise<OpenMount> {
  const { commands } = context;
  switch (mount.type) {
    case "bind":
      return { mount: await shownFiles(context, mount, files) };
    case "cache":
      return openCache(context, mount, files);
    case "tmpfs":
      return {
        mount: { type: "tmpfs", target: mount.target, ...(mount.size === undefined ? {} : { size: mount.size }) },
      };
    case "secret":
      return openSecret(commands, mount, passing);
    case "ssh":
      return openAgent(commands, mount, passing);
  }
}

async function shownFiles(
  context: SolveContext,
  mount: Extract<RunMount, { type: "bind" }>,
  files: MountFiles | undefined,
): Promise<SandboxMount> {
  const { layers, path } = files as MountFiles;
  const lowers = await lowerFolders(context.commands.snapshots(), layers.layers, context.plan.image.epoch);
  return { type: "layers", lowers, source: path, target: mount.target, writable: mount.writable };
}

function openSecret(commands: CommandPorts, mount: Extract<RunMount, { type: "secret" }>, file: string): OpenMount {
  const secret = commands.secrets.get(mount.id);
  if (secret === undefined) {
    if (!mount.required) return {};
    const given = nearest(mount.id, commands.secrets.keys());
    throw new StrakeError({
      code: "missing-secret",
      message: `the command needs the secret "${mount.id}"`,
      notes: [
        ...(given === undefined ? [] : [`It was given "${given}".`]),
        `Give it with --secret id=${mount.id},src=FILE, or --secret id=${mount.id},env=NAME.`,
      ],
    });
  }
  const env = mount.env === undefined ? [] : [`${mount.env}=${Buffer.from(secret).toString("utf8")}`];
  if (mount.target === undefined) return { env, secret };
  writeFileSync(file, secret, { mode: 0o600 });
  chownSync(file, mount.uid, mount.gid);
  chmodSync(file, mount.mode);
  return { mount: { type: "bind", source: file, target: mount.target, readonly: true }, env, secret };
}

async function openAgent(
  commands: CommandPorts,
  mount: Extract<RunMount, { type: "ssh" }>,
  socket: string,
): Promise<OpenMount> {
  const agent = commands.agents.get(mount.id);
  if (agent === undefined) {
    if (!mount.required) return {};
    throw new StrakeError({
      code: "missing-agent",
      message: `the command needs the ssh agent "${mount.id}"`,
      notes: [`Give it with --ssh ${mount.id}${mount.id === "default" ? "" : "=SOCKET"}.`],
    });
  }
  const close = await openAgentProxy(agent, socket, mount);
  return {
    mount: { type: "bind", source: socket, target: mount.target, readonly: false },
    close,
  };
}
