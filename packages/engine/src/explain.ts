import { type ContentManifest, diffManifests } from "@strake/core/context";
import type { Digest } from "@strake/oci";
import type { StepParts, StepReport } from "./solve/step-report.ts";

/** A step as an earlier build left it. */
export interface StepRecord {
  readonly title: string;
  readonly key: Digest;
  readonly parts: StepParts;
}

/** One reason why a step has to be done. */
export type Reason =
  | { readonly kind: "new" }
  /** The result may be there, and is not to be used. */
  | { readonly kind: "asked" }
  /** The result was there once; it has been removed from the store. */
  | { readonly kind: "removed" }
  | { readonly kind: "statement"; readonly path: string; readonly before: unknown; readonly after: unknown }
  | { readonly kind: "below" }
  | { readonly kind: "file"; readonly change: string; readonly path: string };

/** What an earlier build knew of its steps, for comparing. */
export function toStepRecord(report: StepReport): StepRecord {
  return { title: report.step.title, key: report.key, parts: report.parts };
}

/**
 * Tells why a step is not in the store, by comparing what its key is made of with an earlier build's step.
 *
 * @param before the step that stood in this place, if there was one
 * @param manifest reads a manifest of files by its digest
 */
export function explain(
  report: StepReport,
  before: StepRecord | undefined,
  manifest: (digest: Digest) => string | undefined,
): readonly Reason[] {
  if (before === undefined) return [{ kind: "new" }];
  if (before.key === report.key) return [{ kind: "removed" }];
  const reasons: Reason[] = [];
  if (JSON.stringify(before.parts.base) !== JSON.stringify(report.parts.base)) reasons.push({ kind: "below" });
  compare(before.parts.statement, report.parts.statement, "", reasons);
  report.parts.manifests.forEach((digest, at) => {
    const earlier = before.parts.manifests[at];
    if (earlier === digest) return;
    const [old, now] = [earlier === undefined ? undefined : manifest(earlier), manifest(digest)];
    if (old === undefined || now === undefined) return;
    const changes = diffManifests(JSON.parse(old) as ContentManifest, JSON.parse(now) as ContentManifest);
    reasons.push(...changes.map((change): Reason => ({ kind: "file", change: change.kind, path: change.path })));
  });
  return reasons.length === 0 ? [{ kind: "new" }] : reasons;
}

/** Finds the places where two JSON values differ. */
function compare(before: unknown, after: unknown, path: string, reasons: Reason[]): void {
  if (JSON.stringify(before) === JSON.stringify(after)) return;
  const inside = typeof before === "object" && typeof after === "object" && before !== null && after !== null;
  if (!inside) {
    reasons.push({ kind: "statement", path, before, after });
    return;
  }
  const [left, right] = [before as Record<string, unknown>, after as Record<string, unknown>];
  for (const name of new Set([...Object.keys(left), ...Object.keys(right)])) {
    compare(left[name], right[name], path === "" ? name : `${path}.${name}`, reasons);
  }
}
