import { type Definition, type FromNode, type OnbuildNode, statementsOf } from "@strake/core";
import type { Instruction } from "../syntax/tree.ts";

/** The stage that a stage stands on. */
export function baseOf(definition: Definition): Definition | undefined {
  const [from] = statementsOf(definition) as readonly [FromNode];
  return from.base.type === "image" ? from.base.image : undefined;
}

/** The ONBUILD instructions of a stage itself. */
export function triggersOf(definition: Definition): readonly OnbuildNode[] {
  return statementsOf(definition).filter((node): node is OnbuildNode => node.kind === "onbuild");
}

/** Which ONBUILD instruction of its base each instruction at the beginning of a stage comes from. */
export class FiredTriggers {
  readonly #from: Instruction;
  readonly #waiting: OnbuildNode[];
  readonly #known = new Map<Instruction, OnbuildNode | undefined>();

  /** @param instruction the FROM in whose place triggers are read */
  constructor({ base }: FromNode, instruction: Instruction) {
    this.#from = instruction;
    this.#waiting = base.type === "image" ? [...triggersOf(base.image)] : [];
  }

  /** The node of ONBUILD; undefined for an instruction of the stage itself. Instructions have to come in their order. */
  triggerOf(instruction: Instruction): OnbuildNode | undefined {
    if (instruction.span.start.offset !== this.#from.span.start.offset) return undefined;
    if (!this.#known.has(instruction)) this.#known.set(instruction, this.#waiting.shift());
    return this.#known.get(instruction);
  }
}
