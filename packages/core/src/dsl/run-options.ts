import type { Mount, RunNode } from "../graph/definition.ts";
import { notText } from "../output/not-text.ts";
import { anything, checkOptions, oneOf, yesOrNo } from "./check-options.ts";
import { checkList } from "./text-values.ts";

export interface RunOptions {
  readonly mounts?: readonly Mount[];
  readonly network?: "default" | "none" | "host";
  readonly security?: "sandbox" | "insecure";
  /** False: run again in every build. */
  readonly cache?: boolean;
}

/** What `bind()` and the others make. */
const mountTypes: ReadonlySet<unknown> = new Set(["bind", "cache", "tmpfs", "secret", "ssh"] satisfies Mount["type"][]);

/**
 * What a node keeps of the options of `run`.
 *
 * @throws StrakeError `invalid-option`, `invalid-text` for what is no mount
 */
export function toRunFields(options: RunOptions): Pick<RunNode, "mounts" | "network" | "security" | "cache"> {
  const { mounts = [], ...rest } = checkOptions<RunOptions>("run", options, {
    mounts: anything,
    network: oneOf("default", "none", "host"),
    security: oneOf("sandbox", "insecure"),
    cache: yesOrNo,
  });
  checkList(mounts, '[cache("/root/.npm")]');
  for (const mount of mounts as readonly (Mount | null)[]) {
    if (!mountTypes.has(mount?.type)) throw notText(mount, 'a mount, such as cache("/root/.npm"),');
  }
  return { mounts: Object.freeze([...mounts]), ...rest };
}
