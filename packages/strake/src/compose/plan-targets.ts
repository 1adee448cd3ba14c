import {
  type BuildEvent,
  type Definition,
  type Evaluated,
  type FiredTriggers,
  Image,
  makePlan,
  type NameUse,
  type OutputOwner,
  type OutputProperty,
  outsideNames,
  type Pins,
  type Plan,
  type PlanInputs,
  type Planned,
  type ResolvedBase,
  resolutionKey,
  resolve,
  StrakeError,
} from "@strake/core";
import type { TriggerOptions } from "@strake/dockerfile";
import {
  familiarReference,
  imageDigest,
  imageId,
  type Platform,
  parsePlatform,
  parseReference,
  printPlatform,
} from "@strake/oci";
import type { FrozenLock } from "../lock/frozen-lock.ts";
import type { BuildingOptions } from "./building-options.ts";
import { enterUserNamespace } from "./enter-user-namespace.ts";
import { hostPlatform } from "./host-platform.ts";
import type { SolvePlan, TargetSolution } from "./target-solution.ts";
import type { Workspace } from "./workspace.ts";

/** What a plan is made with besides the build file. */
export interface PlanningOptions {
  readonly buildArgs?: ReadonlyMap<string, string>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly building?: BuildingOptions;
  /** Does what plans say; the engine where absent. */
  readonly solvePlan?: SolvePlan;
  /** Seconds since 1970. */
  readonly epoch: number;
  readonly pins: Pins;
  /** Names that it does not pin are not used. */
  readonly frozen?: FrozenLock;
  readonly progress?: (event: BuildEvent) => void;
  readonly signal?: AbortSignal;
}

/** One image for one platform, planned. */
export interface PlannedTarget {
  readonly name: string;
  readonly image: Image;
  readonly platform: Platform;
  readonly planned: Planned;
}

/** A planned target, and what its steps came to. */
export interface SolvedTarget extends PlannedTarget {
  readonly solution: TargetSolution;
}

/** How ONBUILD instructions are read, and what those that were read came to, for each platform. */
interface Triggers {
  readonly read: (options: TriggerOptions) => Definition;
  readonly definitions: [Definition, Platform][];
}

/** Plans the images of one command: names are looked up once, and what images know of each other is found as needed. */
export class Planner {
  /** What every name was found to stand for. */
  readonly resolution: Map<string, ResolvedBase> = new Map();
  readonly #workspace: Workspace;
  readonly #options: PlanningOptions;
  readonly #outputs = new Map<OutputOwner, Map<OutputProperty, Evaluated>>();
  #entered: Promise<void> | undefined;
  #triggers: Triggers | undefined;

  constructor(workspace: Workspace, options: PlanningOptions) {
    this.#workspace = workspace;
    this.#options = options;
  }

  /** Plans an image; values of other images that it uses are found first, by solving those. */
  async plan(name: string, image: Image, platform: Platform): Promise<PlannedTarget> {
    await this.resolve(image.definition, platform);
    return this.#withTriggers(() => this.#plan(name, image, platform));
  }

  /** The names in the ONBUILD instructions of an image's bases, which are looked up for that. */
  async triggeredNames(image: Image, platform: Platform): Promise<readonly NameUse[]> {
    await this.resolve(image.definition, platform);
    const outputs = (owner: OutputOwner): Evaluated => ({ known: false, waitsOn: owner.site });
    await this.#withTriggers(async () => makePlan(image.definition, this.#inputs(platform, outputs)));
    return (this.#triggers?.definitions ?? []).flatMap(([definition, each]) => this.names(definition, each));
  }

  async #withTriggers<T>(plan: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await plan();
      } catch (error) {
        if (!(await this.#readTriggers(error))) throw error;
      }
    }
  }

  async #plan(name: string, image: Image, platform: Platform): Promise<PlannedTarget> {
    for (;;) {
      const wanted: [OutputOwner, OutputProperty][] = [];
      const outputs = (owner: OutputOwner, property: OutputProperty): Evaluated => {
        const known = this.#outputs.get(owner)?.get(property);
        if (known === undefined) wanted.push([owner, property]);
        return known ?? { known: false, waitsOn: owner.site };
      };
      const planned = makePlan(image.definition, this.#inputs(platform, outputs));
      if (wanted.length === 0) return { name, image, platform, planned };
      for (const [owner, property] of wanted) await this.#findOutput(owner, property, platform);
    }
  }

  /** Plans an image and finds out what its steps come to. */
  async solve(name: string, image: Image, platform: Platform): Promise<SolvedTarget> {
    const target = await this.plan(name, image, platform);
    const { plan, steps, locals } = target.planned;
    const { engine } = this.#workspace;
    const { solvePlan = engine.solve.bind(engine) as SolvePlan } = this.#options;
    if (this.#options.solvePlan === undefined && runsCommands(plan)) {
      // All targets come here at the same time, and this program has to start itself again once.
      this.#entered ??= enterUserNamespace();
      await this.#entered;
    }
    const { building, progress, signal } = this.#options;
    const options = {
      locals,
      steps,
      ...building,
      ...(progress === undefined ? {} : { progress }),
      ...(signal === undefined ? {} : { signal }),
    };
    const solution = await solvePlan(plan, options, name);
    return { ...target, solution };
  }

  /** Looks up the names that a definition needs and that are not known yet. */
  async resolve(definition: Definition, platform: Platform): Promise<void> {
    await this.lookUp(this.names(definition, platform));
  }

  /** The outside names that a definition uses, for a platform. */
  names(definition: Definition, platform: Platform): readonly NameUse[] {
    const { buildArgs } = this.#options;
    const given = { ...(buildArgs === undefined ? {} : { buildArgs }), buildPlatform: hostPlatform() };
    return outsideNames([definition], platform, given);
  }

  /** Looks up those of some names that are not known yet. */
  async lookUp(names: readonly NameUse[]): Promise<void> {
    const uses = names.filter(({ name }) => !this.resolution.has(resolutionKey(name)));
    if (uses.length === 0) return;
    const { finder } = this.#workspace;
    const { pins, frozen } = this.#options;
    frozen?.check(uses);
    const found = await resolve(uses, (name, pinned) => finder.find(name, pinned), pins);
    frozen?.check(uses, found);
    for (const [key, base] of found) this.resolution.set(key, base);
  }

  /** Does what a planning lacked that met ONBUILD instructions; says whether it is worth another try. */
  async #readTriggers(error: unknown): Promise<boolean> {
    if (!StrakeError.is(error)) return false;
    if (error.code === "onbuild-base" && this.#triggers === undefined) {
      const { readTriggers } = await import("@strake/dockerfile");
      this.#triggers = { read: readTriggers, definitions: [] };
      return true;
    }
    if (error.code !== "unresolved-base") return false;
    const before = this.resolution.size;
    for (const [definition, platform] of this.#triggers?.definitions ?? []) await this.resolve(definition, platform);
    return this.resolution.size > before;
  }

  /** What ONBUILD instructions come to; the names in it are looked up when planning asks for them. */
  #fire(triggers: Triggers, fired: FiredTriggers): Definition {
    const { buildArgs } = this.#options;
    const definition = triggers.read({
      ...fired,
      context: this.#workspace.project,
      buildPlatform: printPlatform(hostPlatform()),
      ...(buildArgs === undefined ? {} : { buildArgs }),
    });
    triggers.definitions.push([definition, parsePlatform(fired.platform)]);
    return definition;
  }

  async #findOutput(owner: OutputOwner, property: OutputProperty, platform: Platform): Promise<void> {
    const definition = owner as Definition;
    const { planned, solution } = await this.solve(
      this.#workspace.names.get(definition) ?? "image",
      new Image(definition),
      platform,
    );
    const found = await this.#valueOf(planned, solution, property, definition);
    const values = this.#outputs.get(owner) ?? new Map<OutputProperty, Evaluated>();
    this.#outputs.set(owner, values.set(property, found));
  }

  async #valueOf(
    planned: Planned,
    solution: TargetSolution,
    property: OutputProperty,
    definition: Definition,
  ): Promise<Evaluated> {
    const [waits] = solution.waitsOn;
    if (waits !== undefined) return { known: false, waitsOn: waits.site };
    const image = solution.image({ compression: "gzip" });
    if (property === "id") return { known: true, value: await imageId(image) };
    const digest = await imageDigest(image);
    if (property === "digest") return { known: true, value: digest };
    const [name] = planned.tags;
    if (name === undefined) {
      throw new StrakeError({
        code: "unnamed-image",
        message: "the reference of an image without a name was asked for",
        notes: ["Name it with .tag(), or use its digest or its id."],
        site: definition.site,
      });
    }
    const { tag: _tag, ...rest } = parseReference(name);
    return { known: true, value: familiarReference({ ...rest, digest }) };
  }

  #inputs(platform: Platform, outputs: NonNullable<PlanInputs["outputs"]>): PlanInputs {
    const { buildArgs, labels, annotations } = this.#options;
    const { project, names } = this.#workspace;
    const triggers = this.#triggers;
    return {
      ...(triggers === undefined ? {} : { readTriggers: (fired) => this.#fire(triggers, fired) }),
      resolution: this.resolution,
      platform,
      buildPlatform: hostPlatform(),
      project,
      names,
      epoch: this.#options.epoch,
      outputs,
      ...(buildArgs === undefined ? {} : { buildArgs }),
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
    };
  }
}

function runsCommands(plan: Plan): boolean {
  return Object.values(plan.operations).some(({ op }) => op === "run");
}
