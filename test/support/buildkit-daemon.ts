import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { listens } from "./listens.ts";
import { registry } from "./registry.ts";
import { type RunResult, runOrThrow, runProgram } from "./run-program.ts";
import { sharedDaemon } from "./shared-daemon.ts";

/** A private buildkitd. */
export interface BuildkitDaemon {
  /** The value of `--addr` and `BUILDKIT_HOST` that leads to it. */
  readonly address: string;
  /** Runs `buildctl` against it and returns what it printed, whatever the exit status. */
  buildctl(args: readonly string[]): Promise<RunResult>;
}

/** A build of a Dockerfile. */
export interface DockerfileBuild {
  /** The file to write, or the folder for `local`. */
  readonly destination: string;
  /** How the image is written; a docker tar when left out. */
  readonly type?: "docker" | "oci" | "tar" | "local";
  /** The Dockerfile's name in its folder. */
  readonly dockerfile?: string;
  /** The Dockerfile's folder, where that is not the context. */
  readonly dockerfileFolder?: string;
  readonly target?: string;
  readonly buildArgs?: Readonly<Record<string, string>>;
  /** Named contexts: a name and the folder that stands for it. */
  readonly contexts?: Readonly<Record<string, string>>;
  /** Files of secrets by their ids. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** More options of the dockerfile.v0 frontend, as `platform`. */
  readonly frontendOptions?: Readonly<Record<string, string>>;
  /** More attributes of the exporter, as `compression`. */
  readonly outputOptions?: Readonly<Record<string, string>>;
}

/** The programs `buildkitDaemon` uses, for `need`. */
export const buildkitNeeds: readonly string[] = ["root", "buildkitd", "buildctl", "runc", "docker-registry"];

/**
 * Starts a buildkitd of the run, or joins the one that runs.
 *
 * Names of Docker Hub come from the run's registry, see `serveBases`. Steps of a build use the machine's network.
 */
export async function buildkitDaemon(): Promise<BuildkitDaemon> {
  const folder = await sharedDaemon({ name: "buildkit", prepare, isReady });
  const address = `unix://${socketIn(folder)}`;
  return { address, buildctl: (args) => runProgram("buildctl", ["--addr", address, ...args]) };
}

/**
 * Builds the Dockerfile of a context folder with BuildKit, with the time 0 for everything BuildKit stamps, and
 * returns where the image was written.
 *
 * @throws with the end of BuildKit's progress when the build fails.
 */
export async function buildDockerfile(context: string, build: DockerfileBuild): Promise<string> {
  const { address } = await buildkitDaemon();
  await runOrThrow("buildctl", ["--addr", address, "build", "--progress=plain", ...buildArguments(context, build)], {
    env: { SOURCE_DATE_EPOCH: "0" },
  });
  return build.destination;
}

function buildArguments(context: string, build: DockerfileBuild): string[] {
  const options: Record<string, string> = { "build-arg:SOURCE_DATE_EPOCH": "0", ...build.frontendOptions };
  if (build.dockerfile !== undefined) options.filename = build.dockerfile;
  if (build.target !== undefined) options.target = build.target;
  for (const [name, value] of Object.entries(build.buildArgs ?? {})) options[`build-arg:${name}`] = value;
  const locals: Record<string, string> = { context, dockerfile: build.dockerfileFolder ?? context };
  for (const [name, folder] of Object.entries(build.contexts ?? {})) {
    locals[`named-${name}`] = folder;
    options[`context:${name}`] = `local:named-${name}`;
  }
  const output = { type: build.type ?? "docker", dest: build.destination, ...build.outputOptions };
  const pairs = (record: Readonly<Record<string, string>>): string[] =>
    Object.entries(record).map(([name, value]) => `${name}=${value}`);
  return [
    "--frontend=dockerfile.v0",
    ...pairs(locals).flatMap((pair) => ["--local", pair]),
    ...pairs(options).flatMap((pair) => ["--opt", pair]),
    ...Object.entries(build.secrets ?? {}).flatMap(([id, file]) => ["--secret", `id=${id},src=${file}`]),
    "--output",
    pairs(output).join(","),
  ];
}

async function prepare(folder: string): Promise<{ command: string; args: string[] }> {
  const mirror = await registry();
  const configuration = [
    `root = ${JSON.stringify(join(folder, "root"))}`,
    `[grpc]`,
    `address = [${JSON.stringify(`unix://${socketIn(folder)}`)}]`,
    `[worker.containerd]`,
    `enabled = false`,
    `[worker.oci]`,
    `binary = "runc"`,
    `networkMode = "host"`,
    `[registry."docker.io"]`,
    `mirrors = [${JSON.stringify(mirror.address)}]`,
    `[registry.${JSON.stringify(mirror.address)}]`,
    `http = true`,
  ];
  writeFileSync(join(folder, "buildkitd.toml"), configuration.join("\n") + "\n");
  return { command: "buildkitd", args: ["--config", join(folder, "buildkitd.toml")] };
}

function socketIn(folder: string): string {
  return join(folder, "buildkitd.sock");
}

/** The socket exists once the workers do. */
function isReady(folder: string): Promise<boolean> {
  return listens(socketIn(folder));
}
