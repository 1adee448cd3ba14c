import type { OperationId, RunMount, RunOperation } from "@strake/core";
import type { Digest } from "@strake/oci";
import type { SolvedLayers } from "../solve/solved.ts";
import type { MountFiles } from "./mount-files.ts";

/** A command that has to run. */
export interface WantedCommand {
  readonly id: OperationId;
  readonly operation: RunOperation;
  readonly input: SolvedLayers;
  readonly files: ReadonlyMap<RunMount, MountFiles>;
  /** Its content key. */
  readonly key: Digest;
}
