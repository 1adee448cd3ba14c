import { digestOf } from "../hash/canonical-json.ts";
import type { Operation, OperationId } from "./operation.ts";
import { type PlannedStep, planVersion } from "./plan.ts";

/** Collects the operations of a plan: the same operation twice is one, inputs stand before their users. */
export class OperationGraph {
  readonly #operations = new Map<OperationId, Operation>();
  readonly #steps = new Map<OperationId, PlannedStep>();

  /** Adds an operation and tells its id; a step says what people are told about it. */
  add(operation: Operation, step?: Omit<PlannedStep, "id">): OperationId {
    const id = operationId(operation);
    if (!this.#operations.has(id)) this.#operations.set(id, operation);
    if (step !== undefined && !this.#steps.has(id)) this.#steps.set(id, { id, ...step });
    return id;
  }

  get operations(): Readonly<Record<OperationId, Operation>> {
    return Object.fromEntries(this.#operations);
  }

  get steps(): readonly PlannedStep[] {
    return [...this.#steps.values()];
  }
}

/** The id of an operation: the digest of its canonical JSON and the version of the contract. */
export function operationId(operation: Operation): OperationId {
  return digestOf({ version: planVersion, operation });
}

/** The ids of the operations that an operation stands on, each once. */
export function operationInputs(operation: Operation): readonly OperationId[] {
  const inputs = new Set<OperationId | null>();
  switch (operation.op) {
    case "source":
      break;
    case "files":
      inputs.add(operation.input);
      for (const action of operation.actions) if (action.action === "copy") inputs.add(action.from);
      break;
    case "run":
      inputs.add(operation.input);
      for (const mount of operation.mounts) if ("from" in mount) inputs.add(mount.from);
      break;
    case "merge":
      for (const input of operation.inputs) inputs.add(input);
      break;
    case "diff":
      inputs.add(operation.lower).add(operation.upper);
      break;
  }
  inputs.delete(null);
  return [...inputs] as OperationId[];
}
