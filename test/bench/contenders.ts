import { mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { buildDockerfile, buildkitDaemon, buildkitNeeds } from "../support/buildkit-daemon.ts";
import { dockerDaemon, dockerNeeds } from "../support/docker-daemon.ts";
import { runOrThrow } from "../support/run-program.ts";
import { strakeBin } from "../support/strake-bin.ts";
import type { Contender, Format } from "./contender.ts";

/** Strake's command line, with a store in `folder`. */
export function strake(folder: string): Contender {
  const home = join(folder, "strake-home");
  return {
    name: "strake",
    needs: [],
    formats: ["docker tar", "gzip OCI tar"],
    forget: async () => forgetFolder(home),
    build: async (context, format, destination) => {
      const output = `type=${typeOf(format)},dest=${destination}`;
      const args = ["build", "-f", join(context, "build.ts"), "-o", output, "--progress", "plain"];
      await runOrThrow(process.execPath, [strakeBin, ...args], { cwd: context, env: { STRAKE_HOME: home } });
    },
  };
}

/** `tar` and `sha256sum`, or `tar` and `pigz`: what the bytes alone cost. */
export function floor(): Contender {
  const scripts: Readonly<Record<Format, string>> = {
    "docker tar": 'tar -C "$1" -cf "$2" . && sha256sum "$2"',
    "gzip OCI tar": 'tar -C "$1" -c . | pigz -6 > "$2"',
  };
  return {
    name: "tar + sha256sum, tar | pigz -6",
    needs: ["tar", "sha256sum", "pigz"],
    formats: ["docker tar", "gzip OCI tar"],
    keepsNothing: true,
    forget: async () => undefined,
    build: async (context, format, destination) => {
      await runOrThrow("sh", ["-c", scripts[format], "sh", join(context, "input"), destination]);
    },
  };
}

/** `buildctl` with a buildkitd of this run. */
export function buildkit(): Contender {
  return {
    name: "buildctl + buildkitd",
    needs: buildkitNeeds,
    formats: ["docker tar", "gzip OCI tar"],
    forget: async () => {
      await (await buildkitDaemon()).buildctl(["prune", "--all"]);
    },
    build: async (context, format, destination) => {
      const outputOptions = { compression: format === "docker tar" ? "uncompressed" : "gzip" };
      await buildDockerfile(context, { destination, type: typeOf(format), outputOptions });
    },
  };
}

/** `docker build` and `docker save` with a Docker Engine of this run. */
export function docker(): Contender {
  return {
    name: "docker build + save",
    needs: dockerNeeds,
    formats: ["docker tar"],
    forget: async () => {
      const engine = await dockerDaemon();
      await engine.docker(["system", "prune", "--all", "--force"]);
      await engine.docker(["builder", "prune", "--all", "--force"]);
    },
    build: async (context, _, destination) => {
      const engine = await dockerDaemon();
      await engine.docker(["build", "--quiet", "--tag=bench", context], { env: { DOCKER_BUILDKIT: "1" } });
      await engine.docker(["save", "--output", destination, "bench"]);
    },
  };
}

/** `buildah` with a storage in `folder`. */
export function buildah(folder: string): Contender {
  const storage = join(folder, "buildah");
  const at = [`--root=${storage}/root`, `--runroot=${storage}/run`, "--storage-driver=overlay"];
  return {
    name: "buildah",
    needs: ["root", "buildah"],
    formats: ["docker tar", "gzip OCI tar"],
    forget: async () => {
      await runOrThrow("buildah", [...at, "rmi", "--all", "--force"]);
    },
    build: async (context, format, destination) => {
      const transport = format === "docker tar" ? "docker-archive" : "oci-archive";
      const build = [
        "build",
        "--quiet",
        "--layers",
        "--isolation=chroot",
        "--tls-verify=false",
        "--tag=bench",
        context,
      ];
      await runOrThrow("buildah", [...at, ...build]);
      rmSync(destination, { force: true });
      await runOrThrow("buildah", [...at, "push", "--quiet", "bench", `${transport}:${destination}`]);
    },
  };
}

function typeOf(format: Format): "docker" | "oci" {
  return format === "docker tar" ? "docker" : "oci";
}

/** Moves a folder away: removing many files makes the next writes slow, and that is nobody's time. */
function forgetFolder(folder: string): void {
  mkdirSync(folder, { recursive: true });
  renameSync(folder, `${folder}-${process.hrtime.bigint()}`);
}
