import {
  type BuildOptions,
  digestOf,
  type Input,
  type Operation,
  type OperationId,
  type Plan,
  type Planned,
  planDigest,
} from "@strake/core";
import type { Engine } from "@strake/engine";
import type { Digest } from "@strake/oci";
import type { BuildingOptions } from "./building-options.ts";

/**
 * Finds the digest of all that an image is made of: its plan, and what the plan does not say.
 *
 * A plan names folders of this machine, files of the web and branches of repositories without saying what is in them;
 * their content is looked at, and no command is run. An image that is made of none of them has its plan's own digest.
 * Secrets, agents and caches do not count, as they do not for any step.
 */
export async function contentDigest(
  engine: Engine,
  { plan, steps, locals }: Pick<Planned, "plan" | "steps" | "locals">,
  building: BuildingOptions,
  signal: AbortSignal | undefined,
): Promise<Digest> {
  const options: BuildOptions = { ...building, locals, steps, ...(signal === undefined ? {} : { signal }) };
  const reads = Object.entries(plan.operations).flatMap(([id, operation]) =>
    readsOf(plan, id as OperationId, operation),
  );
  const keys = await Promise.all(reads.map((read) => keyOf(engine, plan, read, options)));
  const around = surroundings(plan, building);
  if (keys.length === 0 && Object.keys(around).length === 0) return planDigest(plan);
  return digestOf({ plan: planDigest(plan), keys, ...around });
}

/** Tells whether a plan comes to the same whenever it is carried out: no command asks to be run in every build. */
export function isRepeatable(plan: Plan): boolean {
  return Object.values(plan.operations).every((operation) => operation.op !== "run" || operation.cache);
}

/** Something that is read, as an operation whose key is that of its content, and the operation that reads it. */
interface Read {
  readonly operation: Operation;
  readonly by: OperationId;
}

function readsOf(plan: Plan, id: OperationId, operation: Operation): readonly Read[] {
  const isFolder = (input: Input) => {
    const from = input === null ? undefined : plan.operations[input];
    return from?.op === "source" && from.source.type === "local";
  };
  if (operation.op === "source") return isPinned(operation.source) ? [] : [{ operation, by: id }];
  if (operation.op === "files") {
    // The very actions of the step, so that what was found out of their files is found again when it is done.
    const copies = operation.actions.filter((action) => action.action === "copy" && isFolder(action.from));
    return copies.map((action) => ({ operation: { op: "files", input: null, actions: [action] }, by: id }));
  }
  if (operation.op !== "run") return [];
  return operation.mounts.flatMap((mount): Read[] => {
    if (!("from" in mount) || !isFolder(mount.from)) return [];
    return [{ operation: copyOf(mount.from, mount.source), by: id }];
  });
}

/** What a mount shows of a folder: the same files that COPY would take. */
function copyOf(from: Input, source: string): Operation {
  const action = {
    action: "copy",
    from,
    sources: [{ path: source === "/" ? "." : source.slice(1) }],
    destination: "/files",
    intoDirectory: false,
    permissions: "normal",
    rules: "docker",
    keepOwner: true,
  } as const;
  return { op: "files", input: null, actions: [action] };
}

/** Whether a source says what is in it; what a folder has counts where it is read, and only what is read of it. */
function isPinned(source: Extract<Operation, { op: "source" }>["source"]): boolean {
  if (source.type === "http") return source.checksum !== undefined;
  if (source.type === "git") return /^[0-9a-f]{40}$/.test(source.ref ?? "");
  return true;
}

async function keyOf(engine: Engine, plan: Plan, { operation, by }: Read, options: BuildOptions): Promise<Digest> {
  const id = digestOf(operation) as OperationId;
  const operations = { ...plan.operations, [id]: operation };
  // A file that is missing is a mistake of the step that reads it.
  const steps = options.steps.filter((step) => step.id === by).map((step) => ({ ...step, id }));
  const { progress: _progress, ...quiet } = options;
  const solution = await engine.solve({ ...plan, operations, result: id }, { ...quiet, steps });
  return solution.key;
}

/** What the command line says of commands and is in no plan. */
function surroundings(plan: Plan, { network, hosts }: BuildingOptions): Record<string, unknown> {
  if (!Object.values(plan.operations).some(({ op }) => op === "run")) return {};
  return { ...(network === undefined ? {} : { network }), ...(hosts === undefined ? {} : { hosts }) };
}
