import type { ContainerConfig, History } from "@strake/oci/document";
import type { CallSite } from "../graph/call-site.ts";
import type { Input, Operation, OperationId } from "./operation.ts";

/** The version of the plan's JSON, of keys and of layer bytes; a change of any of them is a breaking change. */
export const planVersion = "strake.v1";

/**
 * What to do to make one image for one platform: a flat graph of operations and the config that the image ends with.
 *
 * Plain JSON and the same on every machine: no absolute path, no time, no environment is in it.
 */
export interface Plan {
  readonly version: typeof planVersion;
  readonly platform: string;
  /** Inputs before their users, each once. */
  readonly operations: Readonly<Record<OperationId, Operation>>;
  /** The operation whose file system is the image's. */
  readonly result: Input;
  readonly image: PlannedConfig;
}

/** The image's config but for the layers' digests, and what its manifest carries. */
export interface PlannedConfig {
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string;
  readonly osVersion?: string;
  readonly author?: string;
  readonly config: ContainerConfig;
  readonly history: readonly History[];
  readonly annotations?: Readonly<Record<string, string>>;
  /** Seconds since 1970: the image's creation time, and the latest time that a file in a layer has. */
  readonly epoch: number;
}

/** What people are told about an operation; rides beside the plan and is in no digest. */
export interface PlannedStep {
  readonly id: OperationId;
  /** The instruction as its history shows it, such as `COPY src ./src/`. */
  readonly title: string;
  readonly site: CallSite;
  /** What the step is called as part of which image: `api`, or `stage 2 of api`. */
  readonly image: string;
}

/** A value in the plan that waits for another image to be built. */
export interface PendingOutput {
  /** Where the value is used. */
  readonly site: CallSite;
  /** The step of the other image that has to run first. */
  readonly waitsOn: CallSite;
}
