import type { CallSite, OperationId, PlannedStep } from "@strake/core";
import type { Digest } from "@strake/oci";
import type * as pb from "../generated/github.com/moby/buildkit/solver/pb/ops_pb.ts";
import type { Init } from "../protobuf/message.ts";
import { sorted } from "./llb-graph.ts";

/** A text that steps come from. */
export interface SourceText {
  /** What the file is called in messages; relative, so that the LLB is the same in every checkout. */
  readonly name: string;
  readonly text: string;
}

/** Says which lines of which files made which vertices. */
export function sourceInfo(
  operations: ReadonlyMap<Digest, OperationId>,
  steps: readonly PlannedStep[],
  sourceText: ((file: CallSite["file"]) => SourceText | undefined) | undefined,
): Init<pb.Source> {
  if (sourceText === undefined) return {};
  const sites = new Map(steps.map((step) => [step.id, step.site]));
  const infos: { filename: string; data: Uint8Array; language: string }[] = [];
  const indexes = new Map<string, number | undefined>();
  const locations: Record<string, { locations: { sourceIndex: number; ranges: object[] }[] }> = {};
  for (const [digest, id] of operations) {
    const site = sites.get(id);
    if (site === undefined) continue;
    if (!indexes.has(site.file)) {
      const found = sourceText(site.file);
      const language = found?.name.endsWith(".ts") ? "TypeScript" : "Dockerfile";
      const info = found && { filename: found.name, data: new TextEncoder().encode(found.text), language };
      indexes.set(site.file, info === undefined ? undefined : infos.push(info) - 1);
    }
    const sourceIndex = indexes.get(site.file);
    if (sourceIndex === undefined) continue;
    const position = { line: site.line, character: site.column };
    locations[digest] = { locations: [{ sourceIndex, ranges: [{ start: position, end: position }] }] };
  }
  return { infos, locations: sorted(locations) };
}
