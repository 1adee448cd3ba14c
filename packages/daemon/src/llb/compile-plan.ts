import type { CallSite, Operation, OperationId, OperationSource, Plan, PlannedStep } from "@strake/core";
import type { Digest } from "@strake/oci";
import { Definition } from "../generated/github.com/moby/buildkit/solver/pb/ops_fields.ts";
import type * as pb from "../generated/github.com/moby/buildkit/solver/pb/ops_pb.ts";
import { decode } from "../protobuf/message.ts";
import { type CommandSettings, CompileContext, localName } from "./compile-context.ts";
import { compileFiles, followedBy, permissionsOf } from "./compile-files.ts";
import { checkLimits, compileRun } from "./compile-run.ts";
import { compileSource } from "./compile-source.ts";
import { LlbGraph, type LlbOutput } from "./llb-graph.ts";
import type { LlbNeeds } from "./llb-needs.ts";
import { type SourceText, sourceInfo } from "./source-info.ts";

export interface CompileOptions {
  /** What people are told about operations. */
  readonly steps?: readonly PlannedStep[];
  /** Finds the text of a file that steps come from, so that BuildKit's errors can name its lines. */
  readonly sourceText?: (file: CallSite["file"]) => SourceText | undefined;
  readonly noCache?: boolean | ((step: PlannedStep) => boolean);
  readonly commands?: CommandSettings;
  /**
   * Tells the folders of this build from those of others that run at the same moment on the daemon, which takes equal
   * operations for one; without it the LLB depends on the plan alone.
   */
  readonly unique?: string;
  /** Finds the manifests of images that this side serves to the daemon, because no registry has them. */
  readonly servedManifest?: (source: OperationSource) => Digest | undefined;
}

/** A plan in BuildKit's language. */
export interface CompiledPlan extends LlbNeeds {
  readonly definition: pb.Definition;
  /** The definition's bytes; the same plan gives the same bytes. */
  readonly bytes: Uint8Array;
  /** The plan's operations by the digests of the vertices that do them. */
  readonly operations: ReadonlyMap<Digest, OperationId>;
}

/**
 * Compiles a plan to LLB; pure, and deterministic.
 *
 * @throws StrakeError `unsupported-by-buildkit` at the statement that LLB cannot say
 */
export function compilePlan(plan: Plan, options: CompileOptions = {}): CompiledPlan {
  const graph = new LlbGraph();
  const { steps = [], commands = {}, noCache = false } = options;
  const context = new CompileContext({
    graph,
    plan,
    steps,
    commands,
    servedManifest: options.servedManifest ?? (() => undefined),
    compile,
    unique: options.unique,
    noCache: (step) => (typeof noCache === "boolean" ? noCache : step !== undefined && noCache(step)),
  });
  checkLimits(context);
  collectFollowed(context);
  const result = context.output(plan.result);
  const source = sourceInfo(graph.operations, steps, options.sourceText);
  const bytes = graph.definition(result, source);
  return {
    definition: decode(Definition, bytes),
    bytes,
    operations: graph.operations,
    locals: [...context.locals.values()],
    stores: [...context.stores.values()],
    secrets: [...context.secrets],
    agents: [...context.agents],
    entitlements: [...context.entitlements].sort(),
  };
}

function compile(context: CompileContext, id: OperationId, operation: Operation): LlbOutput | undefined {
  switch (operation.op) {
    case "source":
      return compileSource(context, id, operation.source);
    case "files":
      return compileFiles(context, id, operation);
    case "run":
      return compileRun(context, id, operation);
    case "merge": {
      const inputs = operation.inputs.map((input) => context.output(input)).filter((input) => input !== undefined);
      if (inputs.length < 2) return inputs[0];
      const value = { inputs: inputs.map((_, at) => ({ input: BigInt(at) })) };
      return context.graph.add({ op: { case: "merge", value } }, inputs, context.notes(id, ["mergeop"]));
    }
    case "diff": {
      const lower = context.output(operation.lower);
      const upper = context.output(operation.upper);
      if (lower === undefined || upper === undefined) return upper;
      if (lower.digest === upper.digest && lower.index === upper.index) return undefined;
      const value = { lower: { input: 0n }, upper: { input: 1n } };
      return context.graph.add({ op: { case: "diff", value } }, [lower, upper], context.notes(id, ["diffop"]));
    }
  }
}

/** Finds which paths of local folders are read at all: the whole plan shares one transfer of each. */
function collectFollowed(context: CompileContext): void {
  const follow = (local: string, permissions: "normal" | "source", paths: readonly string[]) => {
    const name = localName({ local, permissions });
    const known = context.followed.get(name) ?? new Set();
    for (const path of paths) known.add(path.replace(/^\/+/, "").replace(/\/+$/, "") || ".");
    context.followed.set(name, known);
  };
  for (const operation of Object.values(context.plan.operations)) {
    if (operation.op === "files") {
      for (const action of operation.actions) {
        const local = action.action === "copy" ? context.localOf(action.from) : undefined;
        if (action.action === "copy" && local !== undefined) follow(local, permissionsOf(action), followedBy(action));
      }
    } else if (operation.op === "run") {
      for (const mount of operation.mounts) {
        const local = "from" in mount ? context.localOf(mount.from) : undefined;
        if ("from" in mount && local !== undefined) follow(local, "source", [mount.source]);
      }
    }
  }
}
