import type { ContainerConfig, History, Platform } from "@strake/oci/document";
import type { Input } from "./operation.ts";

/** Where the fold over a definition has got to: the file system so far, and what the next statement sees. */
export interface State {
  readonly platform: Platform;
  readonly input: Input;
  /** How many layers the file system has. */
  readonly layers: number;
  /** What commands see: variables and build arguments, the latest value of each. */
  readonly env: ReadonlyMap<string, string>;
  /** The build arguments declared so far, which the history of each run names. */
  readonly args: ReadonlySet<string>;
  readonly config: ContainerConfig;
  readonly history: readonly History[];
  /** What arguments that are one statement with the next have said for its history. */
  readonly joinedArguments: readonly string[];
  readonly author?: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly tags: readonly string[];
  /** The stage has said its own command, which a later entrypoint leaves alone. */
  readonly commandSaid: boolean;
}

export const defaultShell: readonly string[] = Object.freeze(["/bin/sh", "-c"]);
export const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The state of an empty file system: the config that BuildKit gives to `FROM scratch`. */
export function scratchState(platform: Platform): State {
  const path = platform.os === "windows" ? [] : [`PATH=${defaultPath}`];
  return {
    platform,
    input: null,
    layers: 0,
    env: toEnv(path),
    args: new Set(),
    config: { Env: path, WorkingDir: "/" },
    history: [],
    joinedArguments: [],
    annotations: {},
    tags: [],
    commandSaid: false,
  };
}

/** Reads `NAME=value` lines into a map, later ones winning. */
export function toEnv(lines: readonly string[]): Map<string, string> {
  const env = new Map<string, string>();
  for (const line of lines) {
    const equals = line.indexOf("=");
    env.set(equals === -1 ? line : line.slice(0, equals), equals === -1 ? "" : line.slice(equals + 1));
  }
  return env;
}
