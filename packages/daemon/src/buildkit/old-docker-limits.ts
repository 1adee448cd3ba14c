import {
  type CopyAction,
  dockerSources,
  type Operation,
  type OperationId,
  type OperationSource,
  type Plan,
  type PlannedStep,
  type RunOperation,
  StrakeError,
} from "@strake/core";
import { engineImageName, parseBaseName } from "@strake/oci";

/** What of a plan a daemon does not know. */
export interface DaemonLimit {
  /** The operation at whose step that is said. */
  readonly id: OperationId;
  /** The statement, as a build file has it. */
  readonly statement: string;
  readonly why: string;
}

/**
 * Tells what of a plan the BuildKit within a Docker Engine 20.10 does not know; undefined where it can do all.
 *
 * Such a daemon refuses most of it by the name that a feature has in LLB, which says nothing of the statement; modes
 * in symbols it would leave out without a word.
 *
 * @param steps tell `link: true` from `merge()`, which come to the same operation
 */
export function oldDockerLimit(plan: Plan, steps: readonly PlannedStep[] = []): DaemonLimit | undefined {
  for (const [id, operation] of Object.entries(plan.operations) as [OperationId, Operation][]) {
    const found = limitOf(id, operation, steps);
    if (found !== undefined) return { id, ...found };
  }
  return undefined;
}

/**
 * Refuses a plan that such a daemon cannot do, at the statement.
 *
 * @throws StrakeError `unsupported-by-buildkit`
 */
export function checkOldDocker(plan: Plan, steps: readonly PlannedStep[], address: string): void {
  const limit = oldDockerLimit(plan, steps);
  if (limit === undefined) return;
  throw new StrakeError({
    code: "unsupported-by-buildkit",
    message: `the Docker Engine at ${address} is too old for ${limit.statement}: ${limit.why}`,
    notes: ["Update it to 23 or later, or build with the engine."],
    site: steps.find(({ id }) => id === limit.id)?.site,
  });
}

type Limit = Omit<DaemonLimit, "id"> & { readonly id?: OperationId };

function limitOf(id: OperationId, operation: Operation, steps: readonly PlannedStep[]): Limit | undefined {
  switch (operation.op) {
    case "merge": {
      const why = "its BuildKit cannot lay layers over others";
      if (steps.length === 0) return { statement: "link: true and merge()", why };
      if (steps.some((step) => step.id === id)) return { statement: "merge()", why };
      // Only the copy that is laid over is a step.
      const files = operation.inputs.at(-1);
      return { statement: "link: true", why, ...(files === undefined || files === null ? {} : { id: files }) };
    }
    case "diff":
      return { statement: "diff()", why: "its BuildKit cannot tell images apart" };
    case "source":
      return sourceLimit(operation.source);
    case "files":
      for (const action of operation.actions) {
        const found = action.action === "copy" ? copyLimit(action) : undefined;
        if (found !== undefined) return found;
      }
      return undefined;
    case "run":
      return runLimit(operation);
  }
}

function sourceLimit(source: OperationSource): Limit | undefined {
  switch (source.type) {
    case "ociLayout":
    case "archive":
      return { statement: `${source.type}()`, why: "its BuildKit takes images from registries only" };
    case "image":
      if (engineImageName(parseBaseName(source.reference)) === undefined) return undefined;
      return { statement: "docker-daemon://", why: "its BuildKit takes images from registries only" };
    case "git":
      if (source.subdirectory !== undefined) {
        return { statement: "a folder of a repository", why: "its BuildKit takes the whole of it only" };
      }
      if (source.checksum !== undefined) {
        return { statement: "a repository's checksum", why: "its BuildKit does not look at commits" };
      }
      return undefined;
    default:
      return undefined;
  }
}

function runLimit({ mounts }: RunOperation): Limit | undefined {
  for (const mount of mounts) {
    if (mount.type === "secret" && mount.env !== undefined) {
      return { statement: "a secret in a variable", why: "its BuildKit gives secrets as files only" };
    }
    if (mount.type === "tmpfs" && mount.size !== undefined) {
      return { statement: "the size of a folder in memory", why: "its BuildKit does not limit those" };
    }
  }
  return undefined;
}

function copyLimit({ mode, exclude = [], parents, sources }: CopyAction): Limit | undefined {
  if (mode !== undefined && !/^[0-7]+$/.test(mode)) {
    return { statement: "chmod in symbols", why: "its BuildKit knows modes as numbers only" };
  }
  const why = "its BuildKit copies all that is below a folder";
  if (exclude.length > 0) return { statement: "exclude", why };
  if (parents) return { statement: "parents: true", why };
  const leavesOut = sources.some((source) => "include" in source && (dockerSources(source)?.exclude.length ?? 0) > 0);
  return leavesOut ? { statement: "files() that leaves some out", why } : undefined;
}
