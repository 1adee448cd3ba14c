import type { Platform } from "@strake/oci";
import type { WorkerRecord } from "../generated/github.com/moby/buildkit/api/types/worker_pb.ts";

/** Reads a platform as a daemon says it. */
export function platformOf({ OS, Architecture, Variant }: WorkerRecord["platforms"][number]): Platform {
  return { os: OS, architecture: Architecture, ...(Variant === "" ? {} : { variant: Variant }) };
}
