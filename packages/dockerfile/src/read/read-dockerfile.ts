import {
  type Base,
  type CallSite,
  type CopyFrom,
  type Definition,
  type FromNode,
  nearest,
  StrakeError,
} from "@strake/core";
import { type ImageConfig, parsePlatform } from "@strake/oci/document";
import { ExpandError, expandWord, type Variables } from "../expand/expand.ts";
import { parseDockerfile } from "../syntax/parse-dockerfile.ts";
import type { DockerfileTree, Instruction } from "../syntax/tree.ts";
import { checkStage } from "./check-stage.ts";
import { CheckedFlags } from "./checked-flags.ts";
import { globalArguments } from "./global-arguments.ts";
import { readInstruction } from "./read-instruction.ts";
import type { NamedContext, ReadDockerfile, ReadOptions, StageSyntax } from "./read-options.ts";
import { splitStages } from "./split-stages.ts";
import { type ParentScope, type Reading, StageScope } from "./stage-scope.ts";

/**
 * Reads what a Dockerfile means: the same definition as the DSL makes, with the lines of the file as its places.
 *
 * Variables are expanded; stages that the target does not need are left out. Reading touches nothing outside: what it
 * has to know of bases, `baseConfig` says.
 *
 * @throws StrakeError `foreign-frontend`, `dockerfile-stage`, `unknown-target`, `dockerfile-flag`, `dockerfile-mount`,
 * `dockerfile-instruction`, at the line that is wrong
 */
export function readDockerfile(tree: DockerfileTree, options: ReadOptions): ReadDockerfile {
  return new Reader(tree, options).read();
}

class Reader implements Reading {
  readonly options: ReadOptions;
  readonly source: DockerfileTree["source"];
  readonly escape: string;
  readonly globals: ReadonlyMap<string, string>;
  readonly instructions = new Map<Definition, Instruction>();
  readonly #tree: DockerfileTree;
  readonly #stages: readonly StageSyntax[];
  readonly #scopes = new Map<number, StageScope>();
  /** Stages that are being read; a context that stands for a stage can lead back to it. */
  readonly #begun = new Set<number>();
  readonly #missing = new Map<string, { name: string; platform: string }>();

  constructor(tree: DockerfileTree, options: ReadOptions) {
    const { globals, stages } = splitStages(tree);
    this.#tree = tree;
    this.#stages = stages;
    this.options = options;
    this.source = tree.source;
    this.escape = tree.escape;
    this.globals = globalArguments(tree, globals, stages, options);
  }

  read(): ReadDockerfile {
    const syntax = this.#syntax();
    const target = this.#target();
    const { allStages, onError } = this.options;
    // Who wants to hear of all mistakes reads what is wrong all the same.
    if (onError === undefined) for (const stage of this.#stages) this.#checkFrom(stage);
    const needed = allStages ? [...this.#stages.keys()] : this.#needed(target);
    const others = onError === undefined ? this.#stages.filter(({ index }) => !needed.includes(index)) : [];
    for (const stage of others) checkStage(this, stage);
    for (const index of needed) this.#scope(index);
    const names = new Map<Definition, string>();
    for (const [index, scope] of this.#scopes) {
      names.set(scope.definition, this.#stages[index]?.name ?? `stage-${index}`);
    }
    return {
      definition: this.#scope(target).definition,
      stages: this.#stages,
      definitions: new Map([...this.#scopes].map(([index, scope]) => [index, scope.definition])),
      names,
      globals: this.globals,
      instructions: this.instructions,
      missing: [...this.#missing.values()],
      ...(syntax === undefined ? {} : { syntax }),
    };
  }

  copyFrom(name: string, stage: number, at: number): CopyFrom {
    const index = this.#stageOf(name);
    if (index !== undefined && index < stage) return { type: "image", image: this.#scope(index).definition };
    const context = this.options.contexts?.get(name);
    if (context !== undefined && index === undefined) return this.#copyFromContext(context, at);
    if (index === undefined && !/^\d+$/.test(name)) return { type: "reference", name };
    const message =
      index === undefined
        ? `there is no stage ${name}`
        : `cannot copy from stage "${name}", it needs to be defined before current stage`;
    throw this.source.error(at, "dockerfile-stage", message);
  }

  #copyFromContext(context: NamedContext, at: number): CopyFrom {
    if (context.type === "stage") {
      return { type: "image", image: this.#scope(this.#stageOfContext(context, at)).definition };
    }
    if (context.type !== "layout") return context;
    return {
      type: "image",
      image: Object.freeze<FromNode>({ kind: "from", base: context.base, site: this.source.site(at) }),
    };
  }

  #stageOfContext({ name }: Extract<NamedContext, { type: "stage" }>, at: number): number {
    const index = this.#stageOf(name);
    if (index === undefined) throw this.source.error(at, "dockerfile-stage", `the context target:${name} is no stage`);
    if (!this.#begun.has(index) || this.#scopes.has(index)) return index;
    throw this.source.error(at, "dockerfile-stage", `the context target:${name} needs itself`);
  }

  /** The frontend of the file's `syntax`; another than Docker's own cannot be stood in for. */
  #syntax(): string | undefined {
    const directive = this.#tree.directives.find((found) => found.name === "syntax");
    const syntax = this.options.buildArgs?.get("BUILDKIT_SYNTAX") ?? directive?.value;
    const known = /^(?:docker\.io\/)?docker\/dockerfile(?:-upstream)?(?:[:@]\S+)?(?:\s|$)/;
    if (syntax === undefined || known.test(syntax) || this.options.onError !== undefined) return syntax;
    throw this.source.error(
      directive?.span.start.offset ?? 0,
      "foreign-frontend",
      `the file is written for the frontend ${syntax}`,
      "Build it with the builder of a BuildKit daemon, which can load that frontend.",
    );
  }

  #target(): number {
    const target = this.options.target;
    if (!target) return this.#stages.length - 1;
    const index = this.#stageOf(target);
    if (index !== undefined) return index;
    const names = this.#stages.flatMap((stage) => stage.name ?? []);
    const meant = nearest(target, names);
    const question = meant === undefined ? "" : ` (did you mean ${meant}?)`;
    throw new StrakeError({
      code: "unknown-target",
      message: `target stage "${target}" could not be found${question}`,
      notes: names.length === 0 ? ["No stage has a name."] : [`The stages are ${names.join(", ")}.`],
    });
  }

  /** A stage by its name, the last of that name, or by its number. */
  #stageOf(name: string): number | undefined {
    const lower = name.toLowerCase();
    const index = this.#stages.findLastIndex((stage) => stage.name === lower);
    if (index !== -1) return index;
    return /^\d+$/.test(name) && Number(name) < this.#stages.length ? Number(name) : undefined;
  }

  /** The stages that a stage needs as far as its text tells, ascending, so that none is read within another. */
  #needed(target: number): readonly number[] {
    const needed = new Set<number>([target]);
    for (const index of needed) {
      const stage = this.#stages[index] as StageSyntax;
      const names = stage.instructions.flatMap((instruction) =>
        instruction.flags.flatMap(({ name, value = "" }) => {
          if (name === "from") return [value];
          return name === "mount"
            ? [...value.matchAll(/(?:^|,)from=([^,]+)/gi)].map((found) => found[1] as string)
            : [];
        }),
      );
      const used = [this.#baseStage(stage), ...names.map((name) => this.#stageOf(name))];
      for (const other of used) if (other !== undefined && other < index) needed.add(other);
    }
    return [...needed].sort((left, right) => left - right);
  }

  #scope(index: number): StageScope {
    const known = this.#scopes.get(index);
    if (known !== undefined) return known;
    this.#begun.add(index);
    const scope = this.#readStage(this.#stages[index] as StageSyntax);
    this.#scopes.set(index, scope);
    return scope;
  }

  #readStage(stage: StageSyntax): StageScope {
    const context = stage.name === undefined ? undefined : this.options.contexts?.get(stage.name);
    const unknown: Based = { from: this.#scratch(stage), parent: { ...emptyParent, complete: false }, triggers: [] };
    const { from, parent, triggers } = this.#attempt(stage.from, unknown, () => this.#base(stage, context));
    const scope = new StageScope(this, stage.index, Object.freeze(from), parent);
    for (const trigger of triggers) this.#attempt(stage.from, undefined, () => this.#fire(scope, trigger, stage));
    for (const instruction of context === undefined ? stage.instructions : []) {
      this.#attempt(instruction, undefined, () => readInstruction(scope, instruction));
    }
    return scope;
  }

  /** Does what reads an instruction; a mistake in it ends the reading unless somebody wants to be told. */
  #attempt<T>(instruction: Instruction, otherwise: T, read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (this.options.onError === undefined || !StrakeError.is(error)) throw error;
      this.options.onError(error, instruction);
      return otherwise;
    }
  }

  #scratch(stage: StageSyntax): FromNode {
    return { kind: "from", base: { type: "scratch" }, site: this.source.site(stage.from.name.span.start.offset) };
  }

  /** Carries out an ONBUILD instruction of the base, at FROM's place. */
  #fire(scope: StageScope, trigger: string, stage: StageSyntax): void {
    const tree = parseDockerfile(trigger, { file: this.source.file });
    for (const instruction of tree.instructions) {
      const { name, span } = stage.from;
      readInstruction(scope, { ...instruction, name: { ...instruction.name, span: name.span }, span });
    }
  }

  #checkFrom(stage: StageSyntax): void {
    this.#baseName(stage);
    this.#platform(stage);
  }

  /** What FROM's flag says with its variables resolved; nothing where there is none. */
  #platform(stage: StageSyntax): string {
    const flags = new CheckedFlags(this.source, stage.from, { platform: "string" });
    const text = flags.string("platform");
    if (text === undefined) return "";
    const fail = (message: string) => this.source.error(stage.base.span.start.offset, "dockerfile-stage", message);
    const platform = this.#expandGlobal(text, stage);
    if (platform === "") throw fail(`empty platform value from expression ${text}`);
    try {
      parsePlatform(platform);
      return this.#shownGlobal(text, stage);
    } catch (error) {
      throw fail(`failed to parse platform ${text}: ${(error as Error).message}`);
    }
  }

  /** The name of a stage's base with its variables resolved. */
  #baseName(stage: StageSyntax): string {
    const name = this.#expandGlobal(stage.base.value, stage);
    if (name !== "") return name;
    const message = `base name (${stage.base.value}) should not be blank`;
    throw this.source.error(stage.base.span.start.offset, "dockerfile-stage", message);
  }

  #baseStage(stage: StageSyntax): number | undefined {
    const name = this.#baseName(stage);
    const index = this.#stages.slice(0, stage.index).findLastIndex((earlier) => earlier.name === name);
    return index === -1 ? undefined : index;
  }

  /** A text of FROM as the definition is to have it. */
  #shownGlobal(text: string, stage: StageSyntax): string {
    const { substitute } = this.options;
    if (substitute === undefined) return this.#expandGlobal(text, stage);
    return this.#expandGlobal(text, stage, { get: (name) => substitute.global(name, this.globals.get(name), "from") });
  }

  #expandGlobal(text: string, stage: StageSyntax, variables: Variables = this.globals): string {
    try {
      return expandWord(text, variables, { escape: this.escape });
    } catch (error) {
      if (!(error instanceof ExpandError)) throw error;
      throw this.source.error(stage.base.span.start.offset, "dockerfile-stage", error.message);
    }
  }

  #base(stage: StageSyntax, replaced: NamedContext | undefined): Based {
    const platform = this.#platform(stage);
    const name = this.#baseName(stage);
    const site = this.source.site(stage.from.name.span.start.offset);
    const node = { kind: "from", site, ...(platform === "" ? {} : { platform }) } as const;
    const at = stage.base.span.start.offset;
    const earlier = replaced === undefined ? this.#baseStage(stage) : undefined;
    const context = replaced ?? (earlier === undefined ? this.options.contexts?.get(name) : undefined);
    const index = context?.type === "stage" ? this.#stageOfContext(context, at) : earlier;
    if (index !== undefined) {
      const parent = this.#scope(index);
      const triggers = triggersOf(parent.definition);
      return {
        from: { ...node, base: { type: "image", image: parent.definition }, ...said(triggers) },
        parent,
        triggers,
      };
    }
    if (replaced === undefined && name === "scratch") {
      return { from: this.#scratch(stage), parent: emptyParent, triggers: [] };
    }
    if (context?.type === "context") return { from: folderBase(context, site), parent: emptyParent, triggers: [] };
    if (context?.type === "image") {
      const parent = { ...emptyParent, complete: false };
      return { from: { ...node, base: { type: "image", image: context.image } }, parent, triggers: [] };
    }
    const known = platform || this.options.platform;
    if (context?.type === "layout") return this.#outside(node, context.base, context.name, known);
    const shown = this.options.substitute === undefined ? name : this.#shownGlobal(stage.base.value, stage);
    const reference = context?.name ?? shown;
    return this.#outside(node, { type: "reference", name: reference }, reference, known);
  }

  #outside(node: Omit<FromNode, "base">, base: Base, name: string, platform: string): Based {
    const image = this.options.baseConfig?.(name, platform);
    if (image === undefined) {
      this.#missing.set(`${name} ${platform}`, { name, platform });
      const parent = { ...emptyParent, complete: false };
      return { from: { ...node, base }, parent, triggers: [] };
    }
    const triggers = image.config?.OnBuild ?? [];
    return {
      from: { ...node, base, ...said(triggers) },
      parent: parentOf(image),
      triggers,
    };
  }
}

interface Based {
  readonly from: Definition;
  readonly parent: ParentScope;
  readonly triggers: readonly string[];
}

const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const emptyParent: ParentScope = {
  env: new Map([["PATH", defaultPath]]),
  args: new Map(),
  complete: true,
  shell: ["/bin/sh", "-c"],
};

/** A folder as a base: its files are a layer, which has no history of its own. */
function folderBase(context: CopyFrom, site: CallSite): Definition {
  return {
    kind: "copy",
    sources: [{ type: "path", path: "." }],
    from: context,
    destination: "/",
    exclude: [],
    permissions: "source",
    rules: "docker",
    history: null,
    input: Object.freeze<FromNode>({ kind: "from", base: { type: "scratch" }, site }),
    site,
  };
}

function parentOf(image: ImageConfig): ParentScope {
  const env = new Map((image.config?.Env ?? []).map((line) => splitOnce(line)));
  if (!env.has("PATH")) env.set("PATH", defaultPath);
  return { ...emptyParent, env, shell: image.config?.Shell ?? emptyParent.shell };
}

function splitOnce(line: string): [string, string] {
  const equals = line.indexOf("=");
  return equals === -1 ? [line, ""] : [line.slice(0, equals), line.slice(equals + 1)];
}

function said(triggers: readonly string[]): { triggers?: readonly string[] } {
  return triggers.length === 0 ? {} : { triggers };
}

/** The ONBUILD instructions that a stage leaves to those that stand on it. */
function triggersOf(definition: Definition): readonly string[] {
  const triggers: string[] = [];
  for (let node = definition; node.kind !== "from"; node = node.input) {
    if (node.kind === "onbuild") triggers.push(node.instruction);
  }
  return triggers.reverse();
}
