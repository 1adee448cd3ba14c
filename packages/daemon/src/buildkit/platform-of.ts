import type { Platform } from "@strake/oci";
import type { WorkerRecord } from "../generated/github.com/moby/buildkit/api/types/worker_pb.ts";

type WorkerPlatform = WorkerRecord["platforms"][number];

/** Reads a platform as a daemon says it. */
export function platformOf({ OS, Architecture, Variant }: WorkerPlatform): Platform {
  return { os: OS, architecture: Architecture, ...(Variant === "" ? {} : { variant: Variant }) };
}

/** Processors that run the programs of another kind without emulation. */
const runsToo: Readonly<Record<string, string>> = { amd64: "386", arm64: "arm" };

/** Tells whether a worker runs a platform's programs on its own processor; the first of its platforms is its own. */
export function isNativeTo({ platforms: [own] }: WorkerRecord, { OS, Architecture }: WorkerPlatform): boolean {
  if (own === undefined || own.OS !== OS) return false;
  return own.Architecture === Architecture || runsToo[own.Architecture] === Architecture;
}
