import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildkitDaemon, buildkitNeeds } from "../support/buildkit-daemon.ts";
import { compareJudged } from "../support/compare-images.ts";
import { dockerDaemon, dockerNeeds } from "../support/docker-daemon.ts";
import { imageFiles, judgeNeeds } from "../support/image-files.ts";
import type { Registry } from "../support/registry.ts";
import { type RunStrakeOptions, runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** The programs that all builders use, for `need`. */
export const builderNeeds: readonly string[] = [...buildkitNeeds, ...dockerNeeds, ...judgeNeeds, "crun", "git"];

/** The builders of a run, and what they are all given. */
export interface Builders {
  /** Settings of registries, which lead to the bases. */
  readonly env: Readonly<Record<string, string>>;
  readonly home: string;
  /** Values of `--builder`. */
  readonly buildkit: string;
  readonly docker: string;
  /** The Docker Engine has a BuildKit before 0.11, which can do less. */
  readonly isOld: boolean;
}

/** Where an image differs from the engine's, a line each; by whom it was made. */
export interface Differences {
  /** BuildKit, of a Dockerfile. */
  readonly dockerfile: readonly string[];
  /** BuildKit, of the plan. */
  readonly buildkit: readonly string[];
  /** The BuildKit within the Docker Engine, of the plan; one line where that is too old for it. */
  readonly docker: readonly string[];
}

/** Starts the daemons, or joins those of the run. */
export async function openBuilders(bases: Registry): Promise<Builders> {
  const settings = join(temporaryFolder(), "registries.yaml");
  writeFileSync(settings, `docker.io:\n  mirrors: [http://${bases.address}]\n`);
  const [buildkit, docker] = await Promise.all([buildkitDaemon(), dockerDaemon()]);
  return {
    env: { STRAKE_REGISTRIES: settings },
    home: temporaryFolder(),
    buildkit: buildkit.address,
    docker: `docker+${docker.host}`,
    isOld: (await docker.docker(["version", "--format", "{{.Server.Version}}"])).startsWith("20."),
  };
}

/**
 * Makes an image with the engine, of its Dockerfile with BuildKit, and of its plan with BuildKit and within the Docker
 * Engine, and compares all of them with the engine's.
 *
 * @param args what `strake build` is told besides the builder and the output
 * @param buildDockerfile writes to a file what BuildKit makes of the Dockerfile
 */
export async function compareBuilders(
  builders: Builders,
  cwd: string,
  args: readonly string[],
  buildDockerfile: (destination: string) => Promise<unknown>,
): Promise<Differences> {
  const folder = temporaryFolder();
  const judged = async (name: string, build: (file: string) => Promise<string | undefined>) => {
    const file = join(folder, `${name}.tar`);
    return (await build(file)) ?? imageFiles(file);
  };
  const { env, home } = builders;
  const strake = async (file: string, ...more: readonly string[]) => {
    const output = ["--progress", "plain", "-o", `type=docker,dest=${file}`];
    const { status, stderr } = await runStrake(["build", ...args, ...output, ...more], { cwd, env, home });
    // A scenario that is warned of is not written as it should be.
    if (status === 0 && !/^build\.ts:/m.test(stderr)) return undefined;
    const isOlder = builders.isOld && more.includes(builders.docker);
    if (!isOlder) throw new Error(`${cwd}: strake build ${more.join(" ")} ended with ${status}\n${stderr}`);
    return failureOf(stderr);
  };
  // This Docker Engine has no bridge, so its commands have no network.
  const inDocker = ["--builder", builders.docker, "--network", "none"];
  const ours = await judged("engine", (file) => strake(file));
  if (typeof ours === "string") throw new Error(ours);
  const others = [
    judged("dockerfile", async (file) => void (await buildDockerfile(file))),
    judged("buildkit", (file) => strake(file, "--builder", builders.buildkit)),
    judged("docker", (file) => strake(file, ...inDocker)),
  ];
  const [dockerfile = [], buildkit = [], docker = []] = (await Promise.all(others)).map((theirs) =>
    typeof theirs === "string" ? [theirs] : compareJudged(ours, theirs),
  );
  return { dockerfile, buildkit, docker };
}

/** What a daemon is said to be too old for, or how else it fails; without the folders that it has things in. */
function failureOf(stderr: string): string {
  const failure =
    /is too old for (?!this step).*/.exec(stderr)?.[0] ??
    /^(?:strake:|\S+:\d+:\d+) +(.*)$/m.exec(stderr)?.[1] ??
    stderr;
  return failure.replace(/\/\S*\/(merged|diff)(?=\/)/, "");
}

/** What a command of `strake` is run with, beside the builders. */
export function strakeOptions({ env, home }: Builders, cwd: string): RunStrakeOptions {
  return { cwd, env, home };
}
