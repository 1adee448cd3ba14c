import type { ContainerConfig } from "@strake/oci";
import { Unset } from "../format/template/print-value.ts";

/** What docker tells of a config even where it is not set. */
const told = {
  User: new Unset("text"),
  Env: new Unset("list"),
  Cmd: new Unset("list"),
  Volumes: new Unset("map"),
  WorkingDir: new Unset("text"),
  Entrypoint: new Unset("list"),
  OnBuild: new Unset("list"),
  Labels: new Unset("map"),
} as const;

/** What docker's templates can ask for besides, though its JSON leaves it out. */
const asked = {
  ExposedPorts: new Unset("map"),
  Healthcheck: new Unset("pointer"),
  StopSignal: new Unset("text"),
  Shell: new Unset("list"),
} as const;

/** A config as docker shows it: with what is not set, as Go has it then. */
export function dockerConfig(config: ContainerConfig | undefined): Readonly<Record<string, unknown>> {
  return { ...told, ...config };
}

/** A config as docker's templates see it; as JSON, and where its fields are counted, it is what it was. */
export function askedConfig(config: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const hidden = Object.entries(asked).map(([name, value]) => [name, { value, enumerable: false }] as const);
  return Object.create(Object.prototype, {
    ...Object.fromEntries(hidden),
    ...Object.getOwnPropertyDescriptors(config),
  });
}
