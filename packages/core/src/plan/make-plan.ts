import type { Digest } from "@strake/oci/document";
import { type Platform, printPlatform } from "@strake/oci/document";
import type { Definition, FromNode, Step } from "../graph/definition.ts";
import { digestOf } from "../hash/canonical-json.ts";
import { fireTriggers } from "./fire-triggers.ts";
import { fitHistory } from "./history.ts";
import { type PendingOutput, type Plan, type PlannedStep, planVersion } from "./plan.ts";
import { planBase } from "./plan-base.ts";
import { PlanContext, type PlanInputs } from "./plan-context.ts";
import { planAdd, planCopy, planWorkdir, planWrite } from "./plan-files.ts";
import { planRun } from "./plan-run.ts";
import { planSetting } from "./plan-setting.ts";
import type { State } from "./state.ts";

/** A plan with what rides beside it. */
export interface Planned {
  readonly plan: Plan;
  readonly steps: readonly PlannedStep[];
  /** Absolute folders and files by the names that the plan has for them. */
  readonly locals: ReadonlyMap<string, string>;
  /** Values that wait for other images; a plan with any cannot be built yet. */
  readonly pending: readonly PendingOutput[];
  /** Names that the definition gives the image. */
  readonly tags: readonly string[];
}

/**
 * Works out what to do to make an image: pure, so the same inputs give the same plan, byte for byte.
 *
 * @throws StrakeError at the statement that cannot be done
 */
export function makePlan(definition: Definition, inputs: PlanInputs): Planned {
  const memo = new Map<string, Map<Definition, State>>();
  const context = new PlanContext(inputs, (self, image, platform) => foldImage(self, memo, image, platform));
  context.imageName = inputs.names?.get(definition) ?? "image";
  const state = context.stateOf(definition);
  const plan: Plan = {
    version: planVersion,
    platform: printPlatform(inputs.platform),
    operations: context.graph.operations,
    result: state.input,
    image: {
      architecture: state.platform.architecture,
      os: state.platform.os,
      ...(state.platform.variant === undefined ? {} : { variant: state.platform.variant }),
      ...(state.platform.osVersion === undefined ? {} : { osVersion: state.platform.osVersion }),
      ...(state.author === undefined ? {} : { author: state.author }),
      config:
        inputs.labels === undefined
          ? state.config
          : { ...state.config, Labels: { ...state.config.Labels, ...inputs.labels } },
      history: fitHistory(state.history, state.layers, context.created),
      annotations: { ...state.annotations, ...inputs.annotations },
      epoch: inputs.epoch ?? 0,
    },
  };
  return {
    plan,
    steps: context.graph.steps,
    locals: context.locals,
    pending: context.pending,
    tags: state.tags,
  };
}

/** The digest of a plan: the name of what it makes, before it is made. */
export function planDigest(plan: Plan): Digest {
  return digestOf(plan);
}

/** The statements of an image from `from` on. */
export function statementsOf(definition: Definition): readonly Definition[] {
  const chain: Definition[] = [];
  for (let node: Definition | undefined = definition; node !== undefined; ) {
    chain.push(node);
    node = node.kind === "from" ? undefined : node.input;
  }
  return chain.reverse();
}

function foldImage(
  context: PlanContext,
  memo: Map<string, Map<Definition, State>>,
  definition: Definition,
  platform: Platform,
): State {
  const key = printPlatform(platform);
  const states = memo.get(key) ?? new Map<Definition, State>();
  memo.set(key, states);
  const nameBefore = context.imageName;
  context.imageName = context.inputs.names?.get(definition) ?? nameBefore;
  let state: State | undefined;
  for (const node of statementsOf(definition)) {
    const known: State | undefined = states.get(node);
    state = known ?? (node.kind === "from" ? foldBase(context, node) : foldStatement(context, state as State, node));
    states.set(node, state);
  }
  context.imageName = nameBefore;
  return state as State;
}

/** The state after `from` and after what the base wants to be done by those that stand on it. */
function foldBase(context: PlanContext, node: FromNode): State {
  const { state, definition } = fireTriggers(context, planBase(context, node), node);
  if (definition === undefined) return state;
  const steps = statementsOf(definition).filter((each) => each.kind !== "from");
  return steps.reduce((folded, step) => foldStatement(context, folded, step), state);
}

/** Folds a statement, with its own history text where it has one. */
function foldStatement(context: PlanContext, state: State, node: Step): State {
  const next = foldStep(context, state, node);
  const last = next.history.at(-1);
  if (node.history === undefined || last === undefined || next.history.length === state.history.length) return next;
  const before = next.history.slice(0, -1);
  return { ...next, history: node.history === null ? before : [...before, { ...last, created_by: node.history }] };
}

function foldStep(context: PlanContext, state: State, node: Step): State {
  switch (node.kind) {
    case "copy":
      return planCopy(context, state, node);
    case "add":
      return planAdd(context, state, node);
    case "write":
      return planWrite(context, state, node);
    case "workdir":
      return planWorkdir(context, state, node);
    case "run":
      return planRun(context, state, node);
    case "merge":
      return planMerge(context, state, node);
    default:
      return planSetting(context, state, node);
  }
}

function planMerge(context: PlanContext, state: State, node: Extract<Step, { kind: "merge" }>): State {
  const others = node.images.map((image) => context.stateOf(image, state.platform));
  const inputs = [state.input, ...others.map((other) => other.input)].filter((input) => input !== null);
  if (inputs.length < 2) return { ...state, input: inputs[0] ?? null, ...layersOf(context, state, others) };
  const input = context.addStep({ op: "merge", inputs }, `MERGE ${others.length} images`, node.site);
  return { ...state, input, ...layersOf(context, state, others) };
}

/** The layers of a merge keep the history they have in their own images. */
function layersOf(context: PlanContext, state: State, others: readonly State[]): Pick<State, "layers" | "history"> {
  const entries = others.flatMap((other) =>
    fitHistory(other.history, other.layers, context.created).filter((entry) => !entry.empty_layer),
  );
  const layers = others.reduce((sum, other) => sum + other.layers, state.layers);
  return { layers, history: [...state.history, ...entries] };
}
