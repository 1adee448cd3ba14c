import type { Plan } from "@strake/core";
import type { ExportTarget } from "../session/file-send.ts";
import { imageAttributes } from "./image-config.ts";

/** One form in which the daemon gives out what it has built. */
export interface DaemonOutput {
  /** An exporter of BuildKit: `image`, `oci`, `docker`, `local`, `tar`; or `registry`, an image that is pushed. */
  readonly type: string;
  /** As in `--output`, but for `type` and `dest`. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** Where it goes; images that stay with the daemon, or go to a registry, have none. */
  readonly target?: ExportTarget;
}

/** Whether an output is the files of an image alone. */
export function isFiles(type: string): boolean {
  return type === "local" || type === "tar";
}

/** An output as a solve is asked for it. */
export function exporterOf(
  { type, attributes = {} }: DaemonOutput,
  plan: Plan,
  isDocker: boolean,
): { Type: string; Attrs: Record<string, string> } {
  if (isFiles(type) || type === "moby") return { Type: type, Attrs: { ...attributes } };
  const about = imageAttributes(plan);
  if (type === "registry") return { Type: "image", Attrs: { ...about, push: "true", unpack: "false", ...attributes } };
  // The Docker Engine's own images are made by an exporter of its own.
  return { Type: type === "image" && isDocker ? "moby" : type, Attrs: { ...about, ...attributes } };
}
