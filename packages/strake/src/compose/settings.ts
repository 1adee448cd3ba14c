import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { StrakeError } from "@strake/core";
import { type Environment, storeHome } from "./store-home.ts";

/** What the environment says; read here and nowhere else. */
export interface Settings {
  /** The folder of the store. */
  readonly home: string;
  /** The settings of registries: their text, and the file it is from. */
  readonly registries: { readonly text: string; readonly file: string } | undefined;
  /** Where a Docker daemon listens. */
  readonly dockerHost: string;
}

/** Reads `STRAKE_HOME`, `XDG_DATA_HOME`, `STRAKE_REGISTRIES`, `XDG_CONFIG_HOME` and `DOCKER_HOST`. */
export function readSettings(variables: Environment): Settings {
  return {
    home: storeHome(variables),
    registries: readRegistries(variables),
    dockerHost: variables.DOCKER_HOST || "unix:///var/run/docker.sock",
  };
}

/** @throws StrakeError `invalid-environment` where the file that is named cannot be read */
function readRegistries(variables: Environment): Settings["registries"] {
  const config = variables.XDG_CONFIG_HOME || join(homedir(), ".config");
  const file = variables.STRAKE_REGISTRIES || join(config, "strake", "registries.yaml");
  try {
    return { text: readFileSync(file, "utf8"), file };
  } catch (cause) {
    if (!variables.STRAKE_REGISTRIES) return undefined;
    throw new StrakeError({
      code: "invalid-environment",
      message: `STRAKE_REGISTRIES names ${file}, which cannot be read: ${(cause as Error).message}`,
    });
  }
}
