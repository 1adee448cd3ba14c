import type { Digest } from "../digest.ts";
import { type GoJson, printGoJson, sorted, sortedText, struct, unlessEmpty } from "./go-json.ts";
import {
  fault,
  type LocatedJson,
  member,
  optional,
  parseJson,
  readBoolean,
  readDigest,
  readInteger,
  readList,
  readRecord,
  readText,
  readTextList,
  readTextRecord,
} from "./located-json.ts";

/** An image's configuration (OCI image spec, "Image Configuration", with Docker's extensions). */
export interface ImageConfig {
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string;
  readonly "os.version"?: string;
  readonly "os.features"?: readonly string[];
  /** RFC 3339. */
  readonly created?: string;
  readonly author?: string;
  readonly config?: ContainerConfig;
  readonly rootfs: { readonly type: "layers"; readonly diff_ids: readonly Digest[] };
  readonly history?: readonly History[];
}

/** What a container made from the image starts with. */
export interface ContainerConfig {
  readonly User?: string;
  readonly ExposedPorts?: Readonly<Record<string, Record<string, never>>>;
  /** `NAME=value`, in order. */
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[] | null;
  readonly Cmd?: readonly string[] | null;
  readonly Volumes?: Readonly<Record<string, Record<string, never>>>;
  readonly WorkingDir?: string;
  readonly Labels?: Readonly<Record<string, string>>;
  readonly StopSignal?: string;
  /** Docker: the command is already escaped; BuildKit writes it with every CMD. */
  readonly ArgsEscaped?: boolean;
  readonly Healthcheck?: Healthcheck;
  readonly OnBuild?: readonly string[];
  readonly Shell?: readonly string[];
}

/** How a container is asked whether it is well; Docker's extension. Times are nanoseconds. */
export interface Healthcheck {
  readonly Test?: readonly string[];
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly StartPeriod?: number;
  readonly StartInterval?: number;
  readonly Retries?: number;
}

/** How one layer, or one setting without a layer, came to be. */
export interface History {
  readonly created?: string;
  readonly created_by?: string;
  readonly author?: string;
  readonly comment?: string;
  readonly empty_layer?: boolean;
}

/** The most bytes that a config may have. */
export const configSizeLimit: number = 8 * 1024 * 1024;

/**
 * Parses an image's config; members that the type lacks are dropped.
 *
 * @param what what the bytes are, for the error: `config of debian:12`
 * @throws OciError `invalid-document`
 */
export function parseImageConfig(bytes: Uint8Array, what: string): ImageConfig {
  const at = parseJson(bytes, what, configSizeLimit);
  return {
    architecture: readText(member(at, "architecture")),
    os: readText(member(at, "os")),
    ...optional(at, "variant", readText),
    ...optional(at, "os.version", readText),
    ...optional(at, "os.features", readTextList),
    ...optional(at, "created", readText),
    ...optional(at, "author", readText),
    ...optional(at, "config", readContainerConfig),
    rootfs: readRootfs(member(at, "rootfs")),
    ...optional(at, "history", (history) => readList(history, readHistory)),
  };
}

/**
 * Prints a config in the bytes that BuildKit writes.
 *
 * The names at the top are sorted, those below stand in the order of Go's types; empty members are left out.
 */
export function printImageConfig(config: ImageConfig): Uint8Array {
  const json = struct([
    ["architecture", config.architecture],
    ["author", unlessEmpty(config.author)],
    ["config", containerConfigJson(config.config ?? {})],
    ["created", unlessEmpty(config.created)],
    ["history", config.history?.map(historyJson)],
    ["os", config.os],
    ["os.features", unlessEmpty(config["os.features"])],
    ["os.version", unlessEmpty(config["os.version"])],
    [
      "rootfs",
      struct([
        ["type", config.rootfs.type],
        ["diff_ids", config.rootfs.diff_ids],
      ]),
    ],
    ["variant", unlessEmpty(config.variant)],
  ]);
  return printGoJson(json);
}

function readRootfs(at: LocatedJson): ImageConfig["rootfs"] {
  const type = member(at, "type");
  if (type.value !== "layers") throw fault(type, `expected "layers", found ${JSON.stringify(type.value) ?? "nothing"}`);
  const ids = member(at, "diff_ids");
  return { type: "layers", diff_ids: ids.value === undefined ? [] : readList(ids, readDigest) };
}

function readContainerConfig(at: LocatedJson): ContainerConfig {
  return {
    ...optional(at, "User", readText),
    ...optional(at, "ExposedPorts", readNames),
    ...optional(at, "Env", readTextList),
    ...optional(at, "Entrypoint", readTextList),
    ...optional(at, "Cmd", readTextList),
    ...optional(at, "Volumes", readNames),
    ...optional(at, "WorkingDir", readText),
    ...optional(at, "Labels", readTextRecord),
    ...optional(at, "StopSignal", readText),
    ...optional(at, "ArgsEscaped", readBoolean),
    ...optional(at, "Healthcheck", readHealthcheck),
    ...optional(at, "OnBuild", readTextList),
    ...optional(at, "Shell", readTextList),
  };
}

function containerConfigJson(config: ContainerConfig): GoJson {
  return struct([
    ["User", unlessEmpty(config.User)],
    ["ExposedPorts", namesJson(config.ExposedPorts)],
    ["Env", unlessEmpty(config.Env)],
    ["Entrypoint", unlessEmpty(config.Entrypoint)],
    ["Cmd", unlessEmpty(config.Cmd)],
    ["Volumes", namesJson(config.Volumes)],
    ["WorkingDir", unlessEmpty(config.WorkingDir)],
    ["Labels", sortedText(config.Labels)],
    ["StopSignal", unlessEmpty(config.StopSignal)],
    ["ArgsEscaped", unlessEmpty(config.ArgsEscaped)],
    ["Healthcheck", config.Healthcheck && healthcheckJson(config.Healthcheck)],
    ["OnBuild", unlessEmpty(config.OnBuild)],
    ["Shell", unlessEmpty(config.Shell)],
  ]);
}

function readHealthcheck(at: LocatedJson): Healthcheck {
  return {
    ...optional(at, "Test", readTextList),
    ...optional(at, "Interval", readInteger),
    ...optional(at, "Timeout", readInteger),
    ...optional(at, "StartPeriod", readInteger),
    ...optional(at, "StartInterval", readInteger),
    ...optional(at, "Retries", readInteger),
  };
}

function healthcheckJson(check: Healthcheck): GoJson {
  return struct([
    ["Test", unlessEmpty(check.Test)],
    ["Interval", unlessEmpty(check.Interval)],
    ["Timeout", unlessEmpty(check.Timeout)],
    ["StartPeriod", unlessEmpty(check.StartPeriod)],
    ["StartInterval", unlessEmpty(check.StartInterval)],
    ["Retries", unlessEmpty(check.Retries)],
  ]);
}

function readHistory(at: LocatedJson): History {
  return {
    ...optional(at, "created", readText),
    ...optional(at, "created_by", readText),
    ...optional(at, "author", readText),
    ...optional(at, "comment", readText),
    ...optional(at, "empty_layer", readBoolean),
  };
}

function historyJson(history: History): GoJson {
  return struct([
    ["created", unlessEmpty(history.created)],
    ["created_by", unlessEmpty(history.created_by)],
    ["author", unlessEmpty(history.author)],
    ["comment", unlessEmpty(history.comment)],
    ["empty_layer", unlessEmpty(history.empty_layer)],
  ]);
}

/** A set of names, which Go writes as an object of empty objects. */
function readNames(at: LocatedJson): Readonly<Record<string, Record<string, never>>> {
  return readRecord(at, () => ({}));
}

function namesJson(names: Readonly<Record<string, unknown>> | undefined): GoJson | undefined {
  if (names === undefined || Object.keys(names).length === 0) return undefined;
  return sorted(names, () => struct([]));
}
