import type { FromNode } from "../graph/definition.ts";

/** The ONBUILD instructions of a base, and what they are carried out on. */
export interface FiredTriggers {
  readonly triggers: readonly string[];
  readonly from: FromNode;
  /** `linux/amd64` and the like. */
  readonly platform: string;
  readonly env: ReadonlyMap<string, string>;
  readonly shell: readonly string[];
}
