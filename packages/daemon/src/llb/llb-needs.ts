import type { CopySelection, OperationSource } from "@strake/core";

/** A folder or file that the daemon asks for by name. */
export interface LlbLocal {
  /** What the LLB calls it. */
  readonly name: string;
  /** What the plan calls it. */
  readonly local: string;
  /** Modes as they are, or made normal. */
  readonly permissions: "normal" | "source";
  /** Only what these globs choose is sent. */
  readonly selection?: Exclude<CopySelection, { path: string }>;
}

/** An image that this side serves to the daemon as an OCI layout. */
export interface LlbStore {
  /** What the LLB calls it. */
  readonly name: string;
  readonly source: OperationSource;
}

/** What a build of some LLB takes besides the LLB. */
export interface LlbNeeds {
  readonly locals: readonly LlbLocal[];
  readonly stores: readonly LlbStore[];
  /** Ids of secrets. */
  readonly secrets: readonly string[];
  /** Ids of ssh agents. */
  readonly agents: readonly string[];
  readonly entitlements: readonly string[];
}
