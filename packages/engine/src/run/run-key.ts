import { digestOf, type OperationId, type RunMount, type RunOperation } from "@strake/core";
import type { Digest } from "@strake/oci";
import type { SolveContext } from "../solve/solve-context.ts";
import type { StepParts } from "../solve/step-report.ts";
import type { MountFiles } from "./mount-files.ts";

/** The content key of a run: what it says, the layers it stands on, and the files that its mounts show. */
export interface RunKey {
  readonly key: Digest;
  readonly parts: StepParts;
}

/** Finds the key of a run; caches, secrets and agents count by what is said of them, never by what is in them; proxies not at all. */
export function runKey(
  context: SolveContext,
  operation: RunOperation,
  base: readonly Digest[],
  files: ReadonlyMap<RunMount, MountFiles>,
): RunKey {
  const { input, mounts, cache: _cache, network, ...said } = operation;
  const { network: usual, hosts, hostname } = context.commands.surroundings;
  const statement = {
    ...said,
    epoch: context.plan.image.epoch,
    network: network === "default" ? (usual ?? network) : network,
    ...(hosts === undefined || hosts.length === 0 ? {} : { hosts }),
    ...(hostname === undefined ? {} : { hostname }),
    mounts: mounts.map((mount) => ({ ...mount, from: null })),
  };
  const shown = mounts.map((mount) => files.get(mount));
  const read = shown.map((each) => (each === undefined ? null : { keys: each.keys, manifests: each.manifests }));
  const key = digestOf({ version: context.plan.version, statement, base, read });
  const inputs = [input, ...mounts.map((mount) => ("from" in mount ? mount.from : null))];
  return {
    key,
    parts: {
      statement,
      base: [...base, ...shown.flatMap((each) => each?.keys ?? [])],
      inputs: inputs.filter((each): each is OperationId => each !== null),
      manifests: shown.flatMap((each) => each?.manifests ?? []),
    },
  };
}
