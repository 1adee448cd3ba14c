import type { CommandLimits, Entitlement, HostName } from "@strake/core";
import type { SandboxName } from "@strake/engine";
import { type Command, Option } from "commander";
import { usageError } from "../usage-error.ts";
import { parseBytes } from "./bytes.ts";
import { parseCsv } from "./csv.ts";
import { listOption } from "./list-option.ts";
import type { Values, Variables } from "./values.ts";

/** What is asked of the commands that a build runs. */
export interface CommandRequest {
  readonly network?: "default" | "none" | "host";
  readonly hosts: readonly HostName[];
  /** By id. */
  readonly secrets: ReadonlyMap<string, SecretSource>;
  /** Sockets of ssh agents by id. */
  readonly agents: ReadonlyMap<string, string>;
  readonly allow: ReadonlySet<Entitlement>;
  readonly limits: CommandLimits;
  readonly jobs?: number;
  /** The sandbox to use, instead of the first that works. */
  readonly isolation?: SandboxName;
  /** Images whose steps are done although their results are kept. */
  readonly noCacheFilter: readonly string[];
  /** Open a shell in the file system of a command that failed. */
  readonly shellOnFailure: boolean;
}

/** Where the value of a secret is. */
export type SecretSource = { readonly file: string } | { readonly env: string };

export const isolations: readonly SandboxName[] = ["crun", "runc", "bubblewrap", "plain"];

const entitlements: readonly Entitlement[] = ["network.host", "security.insecure"];

/** Adds the options that say how commands run. */
export function addCommandOptions(command: Command): Command {
  return addLimitOptions(command)
    .addOption(new Option("--network <mode>", "the network of commands").choices(["default", "none", "host"]))
    .addOption(listOption("--add-host <host:address>", "a line of /etc/hosts for commands"))
    .addOption(listOption("--secret <secret>", "a secret for commands: id=NAME,src=FILE or id=NAME,env=VARIABLE"))
    .addOption(listOption("--ssh <agent>", "an ssh agent for commands: default, or ID=SOCKET"))
    .addOption(listOption("--allow <right>", "give commands a right: network.host, security.insecure"))
    .option("--step-timeout <seconds>", "how long a command may take")
    .option("-j, --jobs <number>", "how many commands run at once")
    .addOption(new Option("--isolation <sandbox>", "what commands run in").choices([...isolations, "default"]))
    .addOption(listOption("--no-cache-filter <name>", "do the steps of this image although their results are there"))
    .addOption(new Option("--on-failure <what>", "open a shell where a command failed").choices(["shell"]));
}

/**
 * Reads the options that say how commands run.
 *
 * @throws StrakeError `usage` for a value that is none
 */
export function readCommandOptions(options: Values, variables: Variables): CommandRequest {
  const texts = (name: string) => (options[name] ?? []) as readonly string[];
  const network = options.network as CommandRequest["network"];
  const isolation = options.isolation === "default" ? undefined : (options.isolation as SandboxName | undefined);
  return {
    ...(network === undefined ? {} : { network }),
    hosts: texts("addHost").map(parseHost),
    secrets: new Map(texts("secret").map((text) => parseSecret(text, variables))),
    agents: new Map(texts("ssh").map((text) => parseAgent(text, variables))),
    allow: new Set(
      texts("allow")
        .flatMap((text) => text.split(","))
        .map(parseEntitlement),
    ),
    limits: readLimits(options),
    ...(options.jobs === undefined ? {} : { jobs: parseNumber("--jobs", options.jobs as string, 1) }),
    ...(isolation === undefined ? {} : { isolation }),
    noCacheFilter: texts("cacheFilter"),
    shellOnFailure: options.onFailure === "shell",
  };
}

/**
 * Reads the options that limit what a command may use.
 *
 * @throws StrakeError `usage` for a value that is none
 */
export function readLimits(options: Values): CommandLimits {
  const ulimits = (options.ulimit ?? []) as readonly string[];
  const text = (name: string) => options[name] as string | undefined;
  const [shmSize, memory, cpus, timeout] = [text("shmSize"), text("memory"), text("cpus"), text("stepTimeout")];
  return {
    ...(shmSize === undefined ? {} : { shmSize: parseBytes("--shm-size", shmSize) }),
    ...(memory === undefined ? {} : { memory: parseMemory(memory) }),
    ...(cpus === undefined ? {} : { cpus: parseNumber("--cpus", cpus, 0.01) }),
    ...(timeout === undefined ? {} : { timeout: 1000 * parseNumber("--step-timeout", timeout, 0.001) }),
    ...(ulimits.length === 0 ? {} : { ulimits: ulimits.map(parseUlimit) }),
  };
}

/** As docker has it, there is a least size: with less not even the sandbox starts. */
function parseMemory(text: string): number {
  const bytes = parseBytes("--memory", text);
  if (bytes < leastMemory) throw usageError(`--memory ${text}: a command needs 6m at least`);
  return bytes;
}

const leastMemory = 6 * 2 ** 20;

/** Reads a number. */
export function parseNumber(option: string, text: string, least: number): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value >= least) return value;
  throw usageError(`${option} ${text}: expected a number of at least ${least}`);
}

/** Adds the options that limit what a command may use. */
export function addLimitOptions(command: Command): Command {
  return command
    .option("--shm-size <size>", "the size of /dev/shm, such as 64m")
    .addOption(listOption("--ulimit <limit>", "a limit, as nofile=1024:2048"))
    .option("-m, --memory <size>", "how much memory a command may use")
    .option("--cpus <number>", "how many processors a command may use");
}

/** `name:address`, or with an equals sign, as docker has it; an IPv6 address may stand in brackets. */
export function parseHost(text: string): HostName {
  const [, name, address] = /^([^:=\s]+)[:=]\[?([^\]\s]+)\]?$/.exec(text) ?? [];
  if (name === undefined || address === undefined) throw usageError(`--add-host ${text}: expected NAME:ADDRESS`);
  return { name, address };
}

const secretForms = "Write --secret id=NAME,src=FILE, or --secret id=NAME,env=VARIABLE.";

/** As docker has it, a secret that says nothing but its name is the variable of that name, else the file. */
function parseSecret(text: string, variables: Variables): [string, SecretSource] {
  if (!text.includes("=")) throw usageError(`--secret ${text}: it does not say what "${text}" is`, secretForms);
  const fields = parseCsv("--secret", text);
  const file = fields.get("src") ?? fields.get("source");
  const env = fields.get("env");
  const type = fields.get("type");
  const unknown = [...fields.keys()].find((name) => !["id", "src", "source", "env", "type"].includes(name));
  if (unknown !== undefined) throw usageError(`--secret ${text}: there is no "${unknown}"`, secretForms);
  const id = fields.get("id") ?? file ?? env;
  if (id === undefined) throw usageError(`--secret ${text}: the id is missing`, secretForms);
  if (type !== undefined && type !== "file" && type !== "env") throw usageError(`--secret ${text}: no type "${type}"`);
  if (env !== undefined) return [id, { env }];
  if (type === "env") return [id, { env: file ?? id }];
  if (file === undefined && type === undefined && variables[id] !== undefined) return [id, { env: id }];
  return [id, { file: file ?? id }];
}

function parseAgent(text: string, variables: Variables): [string, string] {
  const at = text.indexOf("=");
  const id = at < 0 ? text : text.slice(0, at);
  const socket = at < 0 ? variables.SSH_AUTH_SOCK : text.slice(at + 1);
  if (id === "") throw usageError(`--ssh ${text}: expected default, or ID=SOCKET`);
  if (socket) return [id, socket];
  throw usageError(`--ssh ${text}: no agent is running`, "SSH_AUTH_SOCK is not set; start one with ssh-agent.");
}

function parseEntitlement(text: string): Entitlement {
  const found = entitlements.find((name) => name === text);
  if (found !== undefined) return found;
  throw usageError(`--allow ${text}: expected ${entitlements.join(" or ")}`);
}

function parseUlimit(text: string): { name: string; soft: number; hard: number } {
  const [, name, soft, hard] = /^([a-z]+)=(-?\d+)(?::(-?\d+))?$/.exec(text) ?? [];
  if (name === undefined || soft === undefined) throw usageError(`--ulimit ${text}: expected NAME=SOFT:HARD`);
  return { name, soft: Number(soft), hard: Number(hard ?? soft) };
}
