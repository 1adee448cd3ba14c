import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { StrakeError } from "@strake/core";
import { type Environment, storeHome } from "./store-home.ts";

/** What the environment says; read here and nowhere else. */
export interface Settings {
  /** The folder of the store. */
  readonly home: string;
  /** The creation time of images, in seconds since 1970. */
  readonly epoch: number;
  readonly ci: boolean;
  /** The settings of registries: their text, and the file it is from. */
  readonly registries: { readonly text: string; readonly file: string } | undefined;
  /** Where a Docker daemon listens. */
  readonly dockerHost: string;
}

/** Reads `STRAKE_HOME`, `XDG_DATA_HOME`, `SOURCE_DATE_EPOCH`, `CI`, `STRAKE_REGISTRIES`, `XDG_CONFIG_HOME` and `DOCKER_HOST`. */
export function readSettings(variables: Environment): Settings {
  return {
    home: storeHome(variables),
    epoch: readEpoch(variables.SOURCE_DATE_EPOCH ?? ""),
    ci: Boolean(variables.CI) && variables.CI !== "false",
    registries: readRegistries(variables),
    dockerHost: variables.DOCKER_HOST || "unix:///var/run/docker.sock",
  };
}

function readEpoch(text: string): number {
  if (/^\d{0,12}$/.test(text)) return Number(text || 0);
  throw new StrakeError({
    code: "invalid-environment",
    message: `SOURCE_DATE_EPOCH is "${text}"; it has to be a number of seconds since 1970`,
  });
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
