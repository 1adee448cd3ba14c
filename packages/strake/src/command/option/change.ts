import type { ContainerConfig, Healthcheck } from "@strake/oci";
import { usageError } from "../usage-error.ts";

/**
 * Applies one `--change` of `import` to an image's config: a Dockerfile instruction that sets something and runs
 * nothing.
 *
 * @throws StrakeError `usage` for any other instruction and for what the instruction does not take
 */
export function applyChange(config: ContainerConfig, change: string): ContainerConfig {
  const [, word, rest = ""] = /^\s*([A-Za-z]+)(?:\s+([\s\S]*?))?\s*$/.exec(change) ?? [];
  const apply = word === undefined ? undefined : instructions[word.toUpperCase()];
  if (apply === undefined) {
    throw usageError(`--change ${change}: not one of ${Object.keys(instructions).join(", ")}`);
  }
  if (rest === "") throw usageError(`--change ${change}: the instruction says nothing`);
  return apply(config, rest, (why) => usageError(`--change ${change}: ${why}`));
}

type Apply = (config: ContainerConfig, rest: string, invalid: (why: string) => Error) => ContainerConfig;

const instructions: Readonly<Record<string, Apply>> = {
  CMD: (config, rest) => ({ ...config, Cmd: command(rest, config) }),
  ENTRYPOINT: (config, rest) => ({ ...config, Entrypoint: command(rest, config) }),
  ENV: (config, rest, invalid) => ({ ...config, Env: mergeEnv(config.Env ?? [], pairs(rest, invalid)) }),
  EXPOSE: (config, rest, invalid) => ({
    ...config,
    ExposedPorts: { ...config.ExposedPorts, ...emptyObjects(words(rest).map((text) => port(text, invalid))) },
  }),
  HEALTHCHECK: (config, rest, invalid) => ({ ...config, Healthcheck: healthcheck(rest, invalid) }),
  LABEL: (config, rest, invalid) => ({
    ...config,
    Labels: { ...config.Labels, ...Object.fromEntries(pairs(rest, invalid)) },
  }),
  ONBUILD: (config, rest) => ({ ...config, OnBuild: [...(config.OnBuild ?? []), rest] }),
  STOPSIGNAL: (config, rest) => ({ ...config, StopSignal: rest }),
  USER: (config, rest) => ({ ...config, User: rest }),
  VOLUME: (config, rest) => ({
    ...config,
    Volumes: { ...config.Volumes, ...emptyObjects(jsonList(rest) ?? words(rest)) },
  }),
  WORKDIR: (config, rest) => ({
    ...config,
    WorkingDir: rest.startsWith("/") ? rest : `${config.WorkingDir ?? ""}/${rest}`,
  }),
};

function command(rest: string, config: ContainerConfig): readonly string[] {
  return jsonList(rest) ?? [...(config.Shell ?? ["/bin/sh", "-c"]), rest];
}

function jsonList(text: string): readonly string[] | undefined {
  if (!text.startsWith("[")) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((each) => typeof each === "string") ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Splits at spaces, with the shell's quotes and backslashes taken away. */
function words(text: string): readonly string[] {
  const found = text.match(/(?:\\[\s\S]|"(?:\\[\s\S]|[^"\\])*"|'[^']*'|[^\s\\"'])+/g) ?? [];
  return found.map((word) =>
    word.replaceAll(/\\([\s\S])|"((?:\\[\s\S]|[^"\\])*)"|'([^']*)'/g, (_, escaped, double, single) => {
      return escaped ?? single ?? String(double).replaceAll(/\\(["\\$])/g, "$1");
    }),
  );
}

/** `NAME=value` several times, or the old `NAME the rest of the line`. */
function pairs(rest: string, invalid: (why: string) => Error): readonly (readonly [string, string])[] {
  const old = /^([^\s=]+)\s+([\s\S]+)$/.exec(rest);
  if (old !== null) return [[old[1]!, old[2]!]];
  return words(rest).map((word) => {
    const at = word.indexOf("=");
    if (at < 1) throw invalid(`"${word}" is not NAME=value`);
    return [word.slice(0, at), word.slice(at + 1)] as const;
  });
}

function mergeEnv(env: readonly string[], added: readonly (readonly [string, string])[]): readonly string[] {
  const values = new Map(env.map((each) => [each.split("=", 1)[0]!, each]));
  for (const [name, value] of added) values.set(name, `${name}=${value}`);
  return [...values.values()];
}

function port(text: string, invalid: (why: string) => Error): string {
  const [, number, protocol = "tcp"] = /^(\d{1,5})(?:\/(tcp|udp|sctp))?$/i.exec(text) ?? [];
  if (number === undefined || Number(number) > 65_535) throw invalid(`"${text}" is not a port`);
  return `${Number(number)}/${protocol.toLowerCase()}`;
}

function emptyObjects(names: readonly string[]): Record<string, Record<string, never>> {
  return Object.fromEntries(names.map((name) => [name, {}]));
}

const durationFlags: Readonly<Record<string, "Interval" | "Timeout" | "StartPeriod" | "StartInterval">> = {
  interval: "Interval", timeout: "Timeout", "start-period": "StartPeriod", "start-interval": "StartInterval",
}; // biome-ignore format: a table

function healthcheck(rest: string, invalid: (why: string) => Error): Healthcheck {
  let left = rest;
  let settings: Healthcheck = {};
  for (let flag = /^--([a-z-]+)=(\S+)\s+/.exec(left); flag !== null; flag = /^--([a-z-]+)=(\S+)\s+/.exec(left)) {
    const [text, name = "", value = ""] = flag;
    left = left.slice(text.length);
    const field = durationFlags[name];
    if (field !== undefined) settings = { ...settings, [field]: nanoseconds(value, invalid) };
    else if (name === "retries" && /^\d+$/.test(value)) settings = { ...settings, Retries: Number(value) };
    else throw invalid(`"--${name}=${value}" is not understood`);
  }
  if (/^NONE$/i.test(left)) return { Test: ["NONE"] };
  const shown = /^CMD\s+([\s\S]+)$/i.exec(left)?.[1];
  if (shown === undefined) throw invalid("expected CMD or NONE");
  const list = jsonList(shown);
  const test = list === undefined ? ["CMD-SHELL", shown] : ["CMD", ...list];
  return { ...settings, Test: test };
}

const unitNanoseconds: Readonly<Record<string, number>> = { ms: 1e6, s: 1e9, m: 6e10, h: 3.6e12 };

function nanoseconds(text: string, invalid: (why: string) => Error): number {
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/.test(text)) throw invalid(`"${text}" is not a duration such as 30s`);
  return [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)]
    .map((match) => Number(match[1]) * unitNanoseconds[match[2]!]!)
    .reduce((sum, part) => sum + part, 0);
}
