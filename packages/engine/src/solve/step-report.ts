import type { OperationId, PlannedStep } from "@strake/core";
import type { Digest } from "@strake/oci";

/** What was found out about one step before, or without, doing it. */
export interface StepReport {
  readonly step: PlannedStep;
  /** The content key: over what the step really reads. */
  readonly key: Digest;
  /** The result is in the store. */
  readonly cached: boolean;
  /** What the key is made of, for telling later why it changed. */
  readonly parts: StepParts;
  /** The step that has to be done before anything can be said of this one. */
  readonly waitsOn?: PlannedStep;
}

/** The parts of a content key. */
export interface StepParts {
  /** What the step says, but for what it stands on. */
  readonly statement: unknown;
  /** The keys of the layers it stands on. */
  readonly base: readonly Digest[];
  /** The steps it stands on. */
  readonly inputs: readonly OperationId[];
  /** The digests of the manifests of the files it reads. */
  readonly manifests: readonly Digest[];
}
