import { existsSync, readFileSync } from "node:fs";
import { type BuildOptions, proxiesOf, StrakeError } from "@strake/core";
import type { CommandRequest, SecretSource } from "../command/option/command-options.ts";
import { usageError } from "../command/usage-error.ts";
import type { Environment } from "./store-home.ts";

/** What a builder is told of the commands of a build. */
export type BuildingOptions = Pick<
  BuildOptions,
  "noCache" | "secrets" | "agents" | "allow" | "network" | "hosts" | "proxy" | "hostname" | "limits" | "findLayer"
>;

/** What a request says of the commands of a build. */
export interface BuildingRequest {
  readonly commands: CommandRequest;
  readonly noCache: boolean;
  readonly buildArgs: ReadonlyMap<string, string>;
}

/**
 * Turns what was asked for into what a builder is told; the values of secrets are read here.
 *
 * @throws StrakeError `unreadable-secret`, and `usage` for an agent that is not there
 */
export function buildingOptions(request: BuildingRequest, variables: Environment): BuildingOptions {
  const { noCache, buildArgs } = request;
  const { network, hosts, secrets, agents, allow, limits, noCacheFilter } = request.commands;
  const proxy = proxiesOf(buildArgs);
  const hostname = buildArgs.get("BUILDKIT_SANDBOX_HOSTNAME");
  const filtered = new Set(noCacheFilter);
  return {
    noCache: noCache || filtered.size === 0 ? noCache : ({ image }) => filtered.has(image),
    secrets: new Map([...secrets].map(([id, source]) => [id, readSecret(id, source, variables)])),
    agents: checked(agents),
    allow,
    limits,
    ...(network === undefined ? {} : { network }),
    ...(hosts.length === 0 ? {} : { hosts }),
    ...(proxy.size === 0 ? {} : { proxy }),
    ...(hostname ? { hostname } : {}),
  };
}

function checked(agents: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  for (const [id, socket] of agents) {
    if (!existsSync(socket)) throw usageError(`--ssh ${id}: there is no agent at ${socket}`, "ssh-agent starts one.");
  }
  return agents;
}

function readSecret(id: string, source: SecretSource, variables: Environment): Uint8Array {
  if ("env" in source) {
    const value = variables[source.env];
    if (value !== undefined) return Buffer.from(value);
    throw unreadable(id, `the environment has no ${source.env}`);
  }
  try {
    return readFileSync(source.file);
  } catch (error) {
    throw unreadable(id, `${source.file} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

function unreadable(id: string, why: string): StrakeError {
  return new StrakeError({
    code: "unreadable-secret",
    message: `the secret "${id}" has no value: ${why}`,
    notes: ["Give it with --secret id=NAME,src=FILE, or --secret id=NAME,env=VARIABLE."],
  });
}
