import type { CommandLimits, HostName, Input, Operation, OperationId, Plan, PlannedStep } from "@strake/core";
import { digestOf, type OperationSource } from "@strake/core";
import type { Digest } from "@strake/oci";
import type { LlbGraph, LlbNotes, LlbOutput } from "./llb-graph.ts";
import type { LlbLocal, LlbStore } from "./llb-needs.ts";

/** What a build may say of commands besides the plan. */
export interface CommandSettings {
  readonly network?: "default" | "none" | "host";
  readonly hosts?: readonly HostName[];
  readonly proxy?: ReadonlyMap<string, string>;
  readonly hostname?: string;
  readonly limits?: CommandLimits;
}

type CompileOperation = (context: CompileContext, id: OperationId, operation: Operation) => LlbOutput | undefined;

/** One compilation in progress: what its operations share. */
export class CompileContext {
  readonly graph: LlbGraph;
  readonly plan: Plan;
  readonly commands: CommandSettings;
  readonly locals: Map<string, LlbLocal> = new Map();
  readonly stores: Map<string, LlbStore> = new Map();
  readonly secrets: Set<string> = new Set();
  readonly agents: Set<string> = new Set();
  readonly entitlements: Set<string> = new Set();
  /** The paths of each local folder that anything reads; undefined where all of it is. */
  readonly followed: Map<string, Set<string>> = new Map();
  readonly unique: string | undefined;
  readonly servedManifest: (source: OperationSource) => Digest | undefined;
  readonly noCache: (step: PlannedStep | undefined) => boolean;
  readonly #compile: CompileOperation;
  readonly #steps: ReadonlyMap<OperationId, PlannedStep>;
  readonly #outputs = new Map<OperationId, LlbOutput | undefined>();

  constructor(options: {
    readonly graph: LlbGraph;
    readonly plan: Plan;
    readonly steps: readonly PlannedStep[];
    readonly commands: CommandSettings;
    readonly servedManifest: (source: OperationSource) => Digest | undefined;
    readonly noCache: (step: PlannedStep | undefined) => boolean;
    readonly compile: CompileOperation;
    readonly unique: string | undefined;
  }) {
    this.unique = options.unique;
    this.#compile = options.compile;
    this.graph = options.graph;
    this.plan = options.plan;
    this.commands = options.commands;
    this.servedManifest = options.servedManifest;
    this.noCache = options.noCache;
    this.#steps = new Map(options.steps.map((step) => [step.id, step]));
  }

  step(id: OperationId): PlannedStep | undefined {
    return this.#steps.get(id);
  }

  /** What is said beside a vertex of an operation. */
  notes(id: OperationId, capabilities: readonly string[], title?: string): LlbNotes {
    const step = this.step(id);
    const name = title ?? (step === undefined ? undefined : `[${step.image}] ${step.title}`);
    return {
      operation: id,
      capabilities,
      ...(name === undefined ? {} : { title: name }),
      ...(this.noCache(step) ? { ignoreCache: true } : {}),
    };
  }

  /**
   * The output of an operation; undefined is the empty file system.
   *
   * What an operation stands on is compiled when it is asked for, so that the order of the plan's keys says nothing.
   */
  output(input: Input): LlbOutput | undefined {
    if (input === null) return undefined;
    if (!this.#outputs.has(input)) {
      const operation = this.plan.operations[input];
      if (operation === undefined) throw new Error(`the plan has no operation ${input}`);
      this.#outputs.set(input, this.#compile(this, input, operation));
    }
    return this.#outputs.get(input);
  }

  /** The folder of this machine that an input is, by the plan's name. */
  localOf(input: Input): string | undefined {
    const operation = input === null ? undefined : this.plan.operations[input];
    return operation?.op === "source" && operation.source.type === "local" ? operation.source.name : undefined;
  }

  /** A folder as the LLB reads it; all who read it the same way share one. */
  addLocal(id: OperationId, local: Omit<LlbLocal, "name">): LlbOutput {
    const name = localName(local);
    this.locals.set(name, { name, ...local });
    const followed = local.selection === undefined ? [...(this.followed.get(name) ?? [])].sort() : [];
    // Builds that read other paths would take one another's files away from what the daemon has of the folder.
    const read = followed.length === 0 ? name : `${name} ${digestOf(followed).slice("sha256:".length, 19)}`;
    const attributes = {
      "local.sharedkeyhint": read,
      ...(this.unique === undefined ? {} : { "local.unique": this.unique }),
      ...(followed.length === 0 ? {} : { "local.followpaths": JSON.stringify(followed) }),
    };
    const needs = ["source.local", "source.local.sharedkeyhint"];
    if (this.unique !== undefined) needs.push("source.local.unique");
    if (followed.length > 0) needs.push("source.local.followpaths");
    return this.graph.add(
      { op: { case: "source", value: { identifier: `local://${name}`, attrs: sortedAttributes(attributes) } } },
      [],
      { operation: id, capabilities: needs, title: `send ${local.local}` },
    );
  }
}

/** What the LLB calls a folder: two readings of one folder that send other files or modes are two. */
export function localName({ local, permissions, selection }: Omit<LlbLocal, "name">): string {
  const name = permissions === "normal" ? local : `${local} as it is`;
  return selection === undefined ? name : `${name} ${digestOf(selection).slice("sha256:".length, 19)}`;
}

function sortedAttributes(attributes: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(attributes).sort(([one], [other]) => (one < other ? -1 : 1)));
}
