import type { Platform } from "@strake/oci/document";
import type { CallSite } from "../graph/call-site.ts";
import type { Definition } from "../graph/definition.ts";
import { relativePath } from "../graph/posix-path.ts";
import { type Evaluated, evaluate } from "../output/evaluate.ts";
import type { OutputOwner, OutputProperty, TextValue } from "../output/expression.ts";
import type { Resolution } from "../resolve/resolution.ts";
import { StrakeError } from "../strake-error.ts";
import type { FiredTriggers } from "./fired-triggers.ts";
import type { Operation, OperationId } from "./operation.ts";
import { OperationGraph } from "./operation-graph.ts";
import type { PendingOutput } from "./plan.ts";
import { platformArgument } from "./platform-argument.ts";
import type { State } from "./state.ts";

/** What a plan is made from besides the definition; everything that can differ between two builds is here. */
export interface PlanInputs {
  readonly resolution: Resolution;
  readonly platform: Platform;
  /** The absolute folder that the plan's local names are relative to: the build file's. */
  readonly project: string;
  readonly buildArgs?: ReadonlyMap<string, string>;
  /** The machine's own platform; the image's where absent. */
  readonly buildPlatform?: Platform;
  /** Labels and annotations of the command line; they win over the definition's. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Seconds since 1970; `SOURCE_DATE_EPOCH`, else 0. */
  readonly epoch?: number;
  /** What is known of other images; without it every output is unknown. */
  readonly outputs?: (owner: OutputOwner, property: OutputProperty) => Evaluated;
  /** Reads what the ONBUILD instructions of a base come to; without it, such a base is refused. */
  readonly readTriggers?: (fired: FiredTriggers) => Definition;
  /** What images are called in steps. */
  readonly names?: ReadonlyMap<Definition, string>;
}

/** One planning in progress: what its statements share. */
export class PlanContext {
  readonly graph: OperationGraph = new OperationGraph();
  readonly pending: PendingOutput[] = [];
  /** Absolute folders and files by the names that the plan has for them. */
  readonly locals: Map<string, string> = new Map();
  readonly inputs: PlanInputs;
  /** Folds another image of the same program; set by `makePlan`. */
  readonly stateOf: (definition: Definition, platform?: Platform) => State;
  /** What the image being folded is called in its steps. */
  imageName = "image";

  constructor(
    inputs: PlanInputs,
    stateOf: (context: PlanContext, definition: Definition, platform: Platform) => State,
  ) {
    this.inputs = inputs;
    this.stateOf = (definition, platform) => stateOf(this, definition, platform ?? inputs.platform);
  }

  /** The creation time of everything the build makes, as RFC 3339. */
  get created(): string {
    return new Date((this.inputs.epoch ?? 0) * 1000).toISOString().replace(".000Z", "Z");
  }

  /** The name of an absolute path in the plan: relative to the project, so that it is the same in every checkout. */
  localName(absolute: string): string {
    const name = relativePath(this.inputs.project, absolute);
    this.locals.set(name, absolute);
    return name;
  }

  /** The value of an argument that every build knows. */
  platformArgument(name: string): string | undefined {
    const { platform, buildPlatform = platform } = this.inputs;
    return platformArgument(name, platform, buildPlatform);
  }

  /** Adds an operation that people are told about. */
  addStep(operation: Operation, title: string, site: CallSite): OperationId {
    return this.graph.add(operation, { title, site, image: this.imageName });
  }

  /**
   * The value of a text at a statement.
   *
   * An unknown one is written down as pending, and stands in the plan as a placeholder until it is known.
   */
  text(value: TextValue, state: State | undefined, site: CallSite): string {
    if (typeof value === "string") return value;
    const evaluated = evaluate(value, {
      variable: (name, otherwise) => variableValue(name, otherwise, state, site),
      argument: (name) => this.inputs.buildArgs?.get(name) ?? this.platformArgument(name),
      property: (owner, property) => this.inputs.outputs?.(owner, property) ?? { known: false, waitsOn: owner.site },
    });
    if (!evaluated.known) {
      this.pending.push({ site, waitsOn: evaluated.waitsOn });
      return "<known later>";
    }
    if (typeof evaluated.value !== "string" && typeof evaluated.value !== "number") {
      throw new StrakeError({
        code: "output-not-text",
        message: `an output used as text has the value ${JSON.stringify(evaluated.value)}`,
        site,
      });
    }
    return String(evaluated.value);
  }
}

function variableValue(name: string, otherwise: string | undefined, state: State | undefined, site: CallSite): string {
  const value = state?.env.get(name);
  if (otherwise !== undefined) return value || otherwise;
  if (value !== undefined) return value;
  // An argument that nothing was given for is empty.
  if (state?.args.has(name)) return "";
  throw new StrakeError({
    code: "unset-variable",
    message: `the variable ${name} has no value here`,
    notes: ["Set it before this statement with .env() or .arg()."],
    site,
  });
}
