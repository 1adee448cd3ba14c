import type { CallSite, CopyFrom, Definition, StrakeError } from "@strake/core";
import { ExpandError, expandWord, expandWords, type Variables } from "../expand/expand.ts";
import type { SourceText } from "../syntax/source-text.ts";
import type { Instruction } from "../syntax/tree.ts";
import type { ReadOptions } from "./read-options.ts";

/** What is the same for all stages of a reading. */
export interface Reading {
  readonly options: ReadOptions;
  readonly source: SourceText;
  readonly escape: string;
  readonly globals: ReadonlyMap<string, string>;
  /** The instruction that each statement was read from so far. */
  readonly instructions: Map<Definition, Instruction>;
  /** What `--from` names, seen from a stage. */
  copyFrom(name: string, stage: number, at: number): CopyFrom;
}

/** What the instructions of a stage see, and what they have said so far. */
export class StageScope {
  readonly reading: Reading;
  readonly stage: number;
  readonly env: Map<string, string>;
  /** The build arguments so far; without a value, undefined. */
  readonly args: Map<string, string | undefined>;
  /** False while the variables of the base are not known: what depends on them is left open. */
  readonly complete: boolean;
  shell: readonly string[];
  definition: Definition;

  constructor(reading: Reading, stage: number, from: Definition, parent: ParentScope) {
    this.reading = reading;
    this.stage = stage;
    this.definition = from;
    this.env = new Map(parent.env);
    this.args = new Map(parent.args);
    this.complete = parent.complete;
    this.shell = parent.shell;
  }

  site(instruction: Instruction): CallSite {
    return this.reading.source.site(instruction.name.span.start.offset);
  }

  fail(instruction: Instruction, message: string, ...notes: readonly string[]): StrakeError {
    const offset = instruction.name.span.start.offset;
    return this.reading.source.error(offset, "dockerfile-instruction", message, ...notes);
  }

  /** Resolves quotes and variables of a text. */
  expand(text: string, instruction: Instruction, plainQuotes = false): string {
    if (!/[$'"\\`]/.test(text)) return text;
    const keepUnset = !this.complete && this.reading.options.keepUnset === true;
    const options = { escape: plainQuotes ? "\\" : this.reading.escape, plainQuotes, keepUnset };
    return this.#try(instruction, text, () =>
      expandWord(text, this.#seen(text), { ...options, onUnset: (name) => this.#warnUnset(name, instruction) }),
    );
  }

  /** Resolves a text that may become several words. */
  expandWords(text: string, instruction: Instruction): readonly string[] {
    return this.#try(instruction, [text], () => expandWords(text, this.#seen(text), { escape: this.reading.escape }));
  }

  #seen(text: string): Variables {
    return this.reading.options.substitute?.variables(text, this) ?? this.env;
  }

  #warnUnset(name: string, instruction: Instruction): void {
    if (!this.complete || this.args.has(name)) return;
    this.reading.options.onUnset?.(name, instruction, this.env.keys());
  }

  #try<T>(instruction: Instruction, otherwise: T, expand: () => T): T {
    try {
      return expand();
    } catch (error) {
      if (!(error instanceof ExpandError)) throw error;
      if (!this.complete) return otherwise;
      throw this.fail(instruction, error.message);
    }
  }
}

/** What a stage takes over from what it stands on. */
export type ParentScope = Pick<StageScope, "env" | "args" | "complete" | "shell">;
