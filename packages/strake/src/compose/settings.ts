import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { StrakeError } from "@strake/core";
import type { CacheOption } from "@strake/daemon";
import type { ProxySettings } from "@strake/registry";
import { cacheFromEnvironment } from "./cache-environment.ts";
import { type DockerEndpoint, dockerEndpoint } from "./docker-endpoint.ts";
import { readProxies } from "./proxies.ts";
import { type Environment, storeHome } from "./store-home.ts";

/** What the environment says; read here and nowhere else. */
export interface Settings {
  /** The folder of the store. */
  readonly home: string;
  /** The settings of registries: their text, and the file it is from. */
  readonly registries: { readonly text: string; readonly file: string } | undefined;
  /** The proxies to registries; few commands need them. */
  readonly proxies: () => ProxySettings;
  /** Reads the settings of builders, as those of registries; few commands need them. */
  readonly builders: () => Settings["registries"];
  /**
   * Finds the Docker Engine that Docker's command line would use, or that of a context; its files are read when it is
   * asked for.
   */
  readonly docker: (context?: string) => DockerEndpoint;
  /** Where BuildKit's own command line would build. */
  readonly buildkitHost: string | undefined;
  /** Adds to a cache what the environment says of its place; undefined where there is none of its type. */
  readonly cache: (cache: CacheOption) => CacheOption | undefined;
}

/**
 * Reads `STRAKE_HOME`, `XDG_DATA_HOME`, `STRAKE_REGISTRIES`, `STRAKE_BUILDERS`, `XDG_CONFIG_HOME`, `BUILDKIT_HOST`, the
 * variables of proxies, and what Docker's and buildx's command lines read.
 */
export function readSettings(variables: Environment): Settings {
  return {
    home: storeHome(variables),
    registries: readSettingsFile(variables, "STRAKE_REGISTRIES", "registries.yaml"),
    proxies: () => readProxies(variables),
    builders: () => readSettingsFile(variables, "STRAKE_BUILDERS", "builders.yaml"),
    buildkitHost: variables.BUILDKIT_HOST || undefined,
    cache: (cache) => cacheFromEnvironment(cache, variables),
    docker: (context) => dockerEndpoint(variables, context),
  };
}

/** @throws StrakeError `invalid-environment` where the file that is named cannot be read */
function readSettingsFile(variables: Environment, variable: string, name: string): Settings["registries"] {
  const config = variables.XDG_CONFIG_HOME || join(homedir(), ".config");
  const file = variables[variable] || join(config, "strake", name);
  try {
    return { text: readFileSync(file, "utf8"), file };
  } catch (cause) {
    if (!variables[variable]) return undefined;
    throw new StrakeError({
      code: "invalid-environment",
      message: `${variable} names ${file}, which cannot be read: ${(cause as Error).message}`,
    });
  }
}
