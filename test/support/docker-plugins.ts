import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { buildkitDaemon } from "./buildkit-daemon.ts";
import { dockerDaemon } from "./docker-daemon.ts";
import { findProgram } from "./find-program.ts";
import { madeOnce } from "./made-once.ts";
import { pushImage, registry } from "./registry.ts";
import { runFolder } from "./run-folder.ts";
import { type RunOptions, runOrThrow } from "./run-program.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { writeLayout } from "./write-layout.ts";

/** Docker's command line with plugins, whose builds are done by the run's buildkitd and loaded into its engine. */
export interface DockerPlugins {
  /** Runs `docker` and returns its standard output; throws when that fails. */
  docker(args: readonly string[], options?: RunOptions): Promise<string>;
}

/** The programs that `dockerPlugins` uses, for `need`. */
export const pluginNeeds: readonly string[] = ["docker-buildx", "docker-compose", "dockerfile-frontend"];

/** Makes ready a command line of the test file's own, with buildx and compose. */
export async function dockerPlugins(): Promise<DockerPlugins> {
  const [engine, { address }] = await Promise.all([dockerDaemon(), buildkitDaemon()]);
  await madeOnce(join(runFolder(), "frontend"), serveFrontend);
  const config = temporaryFolder();
  mkdirSync(join(config, "cli-plugins"));
  for (const name of ["docker-buildx", "docker-compose"]) {
    symlinkSync(findProgram(name) as string, join(config, "cli-plugins", name));
  }
  const env = { DOCKER_CONFIG: config, BUILDX_BUILDER: "run", BUILDX_CONFIG: undefined, BUILDKIT_HOST: undefined };
  const docker = (args: readonly string[], options: RunOptions = {}) =>
    engine.docker(args, { ...options, env: { ...env, ...options.env } });
  await docker(["buildx", "create", "--driver", "remote", "--name", "run", address]);
  return { docker };
}

/** The versions that printed Dockerfiles ask for; one frontend is as new as all of them. */
const frontendVersions = [3, 4, 5, 6, 10, 14, 17, 19, 20].map((minor) => `1.${minor}`);

/** Puts the frontend that `# syntax=docker/dockerfile:1` names where the run's buildkitd looks for it. */
async function serveFrontend(): Promise<void> {
  const folder = temporaryFolder();
  const root = join(folder, "root");
  mkdirSync(join(root, "bin"), { recursive: true });
  symlinkSync(findProgram("dockerfile-frontend") as string, join(root, "bin/dockerfile-frontend"));
  const tar = join(folder, "layer.tar");
  await runOrThrow("tar", ["--dereference", "-C", root, "-cf", tar, "bin"]);
  const capabilities = ["inputs", "subrequests", "contexts"].map((name) => `moby.buildkit.frontend.${name}`);
  const config = {
    Entrypoint: ["/bin/dockerfile-frontend"],
    Labels: {
      "moby.buildkit.frontend.caps": capabilities.join(","),
      "moby.buildkit.frontend.network.none": "true",
    },
  };
  const architecture = process.arch === "x64" ? "amd64" : process.arch;
  const layers = [{ tar, createdBy: "COPY dockerfile-frontend /bin/" }];
  await writeLayout(join(folder, "layout"), "1", [{ architecture, layers, config }]);
  const served = await registry();
  for (const version of frontendVersions) {
    await pushImage(served, `oci:${join(folder, "layout")}:1`, `docker/dockerfile:${version}`);
  }
}
