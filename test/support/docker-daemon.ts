import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { answers } from "./answers.ts";
import { findProgram } from "./find-program.ts";
import { registry } from "./registry.ts";
import { type RunOptions, type RunResult, runOrThrow, runProgram } from "./run-program.ts";
import { sharedDaemon } from "./shared-daemon.ts";

/** A private Docker Engine. */
export interface DockerDaemon {
  /** The path of its socket. */
  readonly socket: string;
  /** The value of `DOCKER_HOST` that leads to it. */
  readonly host: string;
  /** Runs the `docker` command line against it and returns its standard output; throws when that fails. */
  docker(args: readonly string[], options?: RunOptions): Promise<string>;
  /** The same for what may fail. */
  tryDocker(args: readonly string[]): Promise<RunResult>;
}

/** The programs `dockerDaemon` uses, for `need`. */
export const dockerNeeds: readonly string[] = ["root", "dockerd", "docker", "containerd", "runc", "docker-registry"];

/**
 * Starts a Docker Engine of the run, or joins the one that runs.
 *
 * It has no bridge and touches no firewall rule, so `run`, and `build` with a RUN, take `--network=host` or `none`.
 * Names of Docker Hub come from the run's registry, see `serveBases`.
 */
export async function dockerDaemon(): Promise<DockerDaemon> {
  const folder = await sharedDaemon({ name: "docker", prepare, isReady });
  const socket = join(folder, "docker.sock");
  const host = `unix://${socket}`;
  const env = { DOCKER_HOST: host, DOCKER_CONTEXT: undefined, DOCKER_CONFIG: join(folder, "client") };
  return {
    socket,
    host,
    docker: (args, options = {}) => runOrThrow(client(), args, { ...options, env: { ...env, ...options.env } }),
    tryDocker: (args) => runProgram(client(), args, { env }),
  };
}

async function prepare(folder: string): Promise<{ command: string; args: string[] }> {
  const mirror = await registry();
  // dockerd refuses a setting that is both a flag and in the file, and reads the machine's own file by default.
  const configuration = {
    "data-root": join(folder, "root"),
    "exec-root": join(folder, "exec"),
    pidfile: join(folder, "pid"),
    hosts: [`unix://${join(folder, "docker.sock")}`],
    bridge: "none",
    iptables: false,
    ip6tables: false,
    "registry-mirrors": [`http://${mirror.address}`],
  };
  writeFileSync(join(folder, "daemon.json"), JSON.stringify(configuration));
  return { command: findProgram("dockerd") ?? "dockerd", args: ["--config-file", join(folder, "daemon.json")] };
}

function isReady(folder: string): Promise<boolean> {
  return answers({ socketPath: join(folder, "docker.sock") }, "/_ping");
}

/** The client of the engine's own package, where there is one: another's may lack `docker build` with BuildKit. */
function client(): string {
  return existsSync("/usr/bin/docker") ? "/usr/bin/docker" : "docker";
}
