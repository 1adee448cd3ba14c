import { basename } from "node:path";
import { explain, type Reason, type StepRecord, type StepReport } from "@strake/engine";
import { type Digest, imageDigest, imageId, type Layer } from "@strake/oci";
import { dockerfileOf, prepareTargets, solveTargets, type TargetImages } from "../compose/build-targets.ts";
import { buildingOptions } from "../compose/building-options.ts";
import { openSession, type Session } from "../compose/session.ts";
import { readStepRecords } from "../compose/step-records.ts";
import type { TargetSolution } from "../compose/target-solution.ts";
import { describeReason } from "./describe-reason.ts";
import type { PlanRequest } from "./request.ts";

/** What a plan tells of one step. */
interface PlannedStepView {
  readonly step: string;
  readonly line: string;
  readonly key: Digest;
  readonly cached: boolean;
  readonly waitsOn?: string;
  readonly reasons: readonly Reason[];
}

/** What a plan tells of one image. */
interface PlannedImageView {
  readonly target: string;
  readonly platform: string;
  readonly steps: readonly PlannedStepView[];
  /** The layers' diff ids, where no step has to be done before they can be known. */
  readonly layers?: readonly LayerView[];
  readonly id?: Digest;
  readonly digest?: Digest;
  readonly pending: readonly string[];
}

interface LayerView {
  readonly diffId: Digest;
  readonly digest?: Digest;
  readonly size?: number;
}

/** Prints what a build would do, and why; builds and writes nothing. */
export async function plan(request: PlanRequest, signal: AbortSignal): Promise<void> {
  const session = await openSession({
    file: request.file,
    readOnly: true,
    pull: request.pull,
    dockerfile: dockerfileOf(request),
    signal,
  });
  try {
    const building = buildingOptions(request, process.env);
    const prepared = await prepareTargets(session, request, { building, signal });
    const targets = await solveTargets(session, request, prepared);
    const views: PlannedImageView[] = [];
    for (const target of targets) views.push(...(await viewTarget(session, target, request)));
    const text = request.json ? `${JSON.stringify(views, null, 2)}\n` : views.map(printView).join("\n");
    process.stdout.write(text);
  } finally {
    await session.close();
  }
}

async function viewTarget(session: Session, target: TargetImages, request: PlanRequest): Promise<PlannedImageView[]> {
  const records = readStepRecords(session.settings.home, session.buildFile, target.name);
  const views: PlannedImageView[] = [];
  for (const { solution, planned } of target.solved) {
    const before = matchRecords(solution, records);
    const steps = solution.reports.map((report): PlannedStepView => {
      const { step, key, cached, waitsOn } = report;
      const { file, line } = step.site;
      const waits = waitsOn === undefined ? {} : { waitsOn: `${basename(waitsOn.site.file)}:${waitsOn.site.line}` };
      const reasons = cached || waitsOn !== undefined ? [] : reasonsOf(session, report, before.get(report), request);
      return { step: step.title, line: `${basename(file)}:${line}`, key, cached, ...waits, reasons };
    });
    views.push({
      target: target.name,
      platform: planned.plan.platform,
      steps,
      pending: planned.pending.map(({ site, waitsOn }) => {
        return `${basename(site.file)}:${site.line} waits on ${basename(waitsOn.file)}:${waitsOn.line}`;
      }),
      ...(await viewDigests(solution, planned.pending.length > 0, request.digests)),
    });
  }
  return views;
}

/** Pairs steps with those of the last build: by what they say, and the n-th with the n-th where several say the same. */
function matchRecords(solution: TargetSolution, records: ReturnType<typeof readStepRecords>) {
  const left = [...records];
  const pairs = new Map<StepReport, (typeof records)[number]>();
  for (const report of solution.reports) {
    const at = left.findIndex(({ title }) => title === report.step.title);
    if (at !== -1) pairs.set(report, left.splice(at, 1)[0] as (typeof records)[number]);
  }
  // What is left over on both sides is taken for steps whose words were changed.
  for (const report of solution.reports) {
    const [next] = left;
    if (!pairs.has(report) && next !== undefined) pairs.set(report, left.shift() as typeof next);
  }
  return pairs;
}

async function viewDigests(
  solution: TargetSolution,
  pending: boolean,
  packed: boolean,
): Promise<Pick<PlannedImageView, "layers" | "id" | "digest">> {
  if (pending || solution.waitsOn.length > 0) return {};
  const image = solution.image({ compression: packed ? "gzip" : "none" });
  const layers: LayerView[] = [];
  for (const layer of await image.layers()) layers.push(await viewLayer(layer, packed));
  const id = await imageId(image);
  return { layers, id, ...(packed ? { digest: await imageDigest(image) } : {}) };
}

async function viewLayer(layer: Layer, packed: boolean): Promise<LayerView> {
  // Packing first: it tells the diff id on the way.
  const form = packed ? { digest: await layer.digest(), size: await layer.size() } : {};
  return { diffId: await layer.diffId(), ...form };
}

function printView(view: PlannedImageView): string {
  const lines = [`${view.target} (${view.platform})`];
  for (const step of view.steps) {
    const state = step.cached ? "CACHED" : step.waitsOn === undefined ? "build" : `after ${step.waitsOn}`;
    lines.push(`  ${state.padEnd(7)} ${step.step}  ${step.line}  ${shortKey(step.key)}`);
    const shown = step.reasons.slice(0, 10).map((reason) => `            ${describeReason(reason)}`);
    lines.push(...shown);
    if (step.reasons.length > 10) lines.push(`            and ${step.reasons.length - 10} more`);
  }
  for (const waiting of view.pending) lines.push(`  unknown ${waiting}`);
  for (const [at, layer] of (view.layers ?? []).entries()) {
    const packed = layer.digest === undefined ? "" : `  ${layer.digest} ${layer.size} bytes`;
    lines.push(`  layer ${at + 1} ${layer.diffId}${packed}`);
  }
  lines.push(view.id === undefined ? "  image id known after the build" : `  image id ${view.id}`);
  if (view.digest !== undefined) lines.push(`  manifest ${view.digest}`);
  return `${lines.join("\n")}\n`;
}

function shortKey(key: Digest): string {
  return key.slice("sha256:".length, "sha256:".length + 12);
}

function reasonsOf(
  session: Session,
  report: StepReport,
  before: StepRecord | undefined,
  { noCache, commands }: PlanRequest,
): readonly Reason[] {
  if (noCache || commands.noCacheFilter.includes(report.step.image)) return [{ kind: "asked" }];
  return explain(report, before, (digest) => session.engine.manifest(digest));
}
