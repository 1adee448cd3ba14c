import type { Any } from "@bufbuild/protobuf/wkt";
import { type OperationId, type PlannedStep, StrakeError } from "@strake/core";
import { Vertex } from "../generated/github.com/moby/buildkit/solver/errdefs/errdefs_fields.ts";
import { GrpcError } from "../grpc/grpc-error.ts";
import { decode } from "../protobuf/message.ts";
import type { LogLines } from "./log-lines.ts";

/** What is known of a build that failed. */
export interface FailedBuild {
  readonly address: string;
  readonly operations: ReadonlyMap<string, OperationId>;
  readonly steps: readonly PlannedStep[];
  readonly log: LogLines;
  /** The step that failed by what the daemon told while it built; those before 0.11 say it nowhere else. */
  readonly failed: PlannedStep | undefined;
  /** Images that are here, and that the daemon is too old to be sent. */
  readonly unserved: ReadonlySet<OperationId>;
}

/** Says in the words of the build what a daemon reports as the failure of a solve; other errors stay as they are. */
export function solveFailure(error: unknown, build: FailedBuild): unknown {
  if (!GrpcError.is(error)) return error;
  const step = failedStep(error, build) ?? build.failed;
  const text = build.log.hide(error.message.replace(/^failed to solve: /, ""));
  const site = step?.site;
  const found = explain(text, step, build);
  return new StrakeError({ ...found, site, cause: error });
}

interface Explanation {
  readonly code: string;
  readonly message: string;
  readonly notes: readonly string[];
}

function explain(text: string, step: PlannedStep | undefined, build: FailedBuild): Explanation {
  // Before all else, since what goes wrong is that a registry was asked.
  if (step !== undefined && build.unserved.has(step.id)) {
    const message = `${build.address} is too old for images of the local store: its BuildKit takes them from registries only`;
    const notes = [`It said: ${text}`, "Push the image, update the daemon, or build with the engine."];
    return { code: "unsupported-by-buildkit", message, notes };
  }
  // The second form is that of daemons before 0.9.
  const exit = /(?:did not complete successfully|executor failed running [\s\S]*): exit code: (\d+)/.exec(text);
  if (exit !== null) {
    const notes = step === undefined ? [] : build.log.last(step.id).map((line) => `  ${line}`);
    return { code: "command-failed", message: `${step?.title ?? "a command"} exited with ${exit[1]}`, notes };
  }
  const secret = /secret (\S+?):? not found/.exec(text);
  if (secret !== null) {
    const message = `the step needs the secret "${secret[1]}"`;
    return { code: "missing-secret", message, notes: [`Give it with --secret id=${secret[1]},src=FILE.`] };
  }
  const source = /"([^"]+)"(?:: not found| not found: not found)$/.exec(text);
  if (source !== null) {
    const message = `the source "${(source[1] as string).replace(/^\//, "")}" is not there`;
    return { code: "missing-source", message, notes: ["What .dockerignore names does not exist for a build."] };
  }
  const option = limitOptions[/unknown API capability (\S+)/.exec(text)?.[1] ?? ""];
  if (option !== undefined) {
    const message = `the BuildKit at ${build.address} is too old for ${option}`;
    return {
      code: "unsupported-by-buildkit",
      message,
      notes: ["Update it, leave the limit out, or build with the engine."],
    };
  }
  if (
    /requested .*(capability|feature)|unknown (op|type|API capability)|not supported by build server|feature .* disabled/i.test(
      text,
    )
  ) {
    const notes = [`The BuildKit at ${build.address} is too old for this step; update it, or build with the engine.`];
    return { code: "unsupported-by-buildkit", message: text, notes };
  }
  if (/unknown cache (?:exporter|importer)/.test(text)) {
    const notes = [`The BuildKit at ${build.address} has no caches of that type; a Docker Engine has few of them.`];
    return { code: "unsupported-by-buildkit", message: text, notes };
  }
  if (/exporter .* could not be found/.test(text)) {
    const notes = [
      `The BuildKit at ${build.address} cannot give out images in this form; a Docker Engine needs 23 or later.`,
    ];
    return { code: "unsupported-by-buildkit", message: text, notes };
  }
  if (/entitlement/.test(text)) {
    const notes = [`The daemon at ${build.address} has to allow it too: insecure-entitlements in buildkitd.toml.`];
    return { code: "entitlement-refused", message: text, notes };
  }
  return { code: "build-failed", message: text, notes: [`The build ran on ${build.address}.`] };
}

/** Options that LLB has capabilities for, by those. */
const limitOptions: Readonly<Record<string, string>> = {
  "exec.meta.ulimit": "--ulimit",
  "exec.meta.linux.resources": "--memory and --cpus",
};

function failedStep(error: GrpcError, build: FailedBuild): PlannedStep | undefined {
  for (const detail of error.details) {
    const digest = vertexDigest(detail);
    const operation = digest === undefined ? undefined : build.operations.get(digest);
    const step = build.steps.find(({ id }) => id === operation);
    if (step !== undefined) return step;
  }
  return undefined;
}

/** BuildKit packs its own details as JSON or as protobuf, and says which in the name of the type. */
function vertexDigest({ typeUrl, value }: Any): string | undefined {
  try {
    if (/errdefs\.Vertex\+json$/.test(typeUrl)) {
      return (JSON.parse(new TextDecoder().decode(value)) as { digest?: string }).digest;
    }
    if (/errdefs\.Vertex$/.test(typeUrl)) return decode(Vertex, value).digest;
  } catch {
    // A detail that cannot be read says nothing.
  }
  return undefined;
}
