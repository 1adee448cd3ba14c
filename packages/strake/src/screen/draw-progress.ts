import { formatDuration } from "../format/format-duration.ts";
import { formatSize } from "../format/format-size.ts";
import { truncate } from "../format/table.ts";
import { printExport } from "./plain-progress.ts";
import type { ProgressVerbs } from "./progress.ts";
import type { ProgressState, StepState } from "./progress-state.ts";
import { oneLine, type Style, withoutControlCodes } from "./style.ts";

/** The terminal at the moment of drawing. */
export interface Frame {
  readonly columns: number;
  readonly rows: number;
  /** Milliseconds, on the state's clock. */
  readonly now: number;
  readonly style: Style;
  /** Those of a build where absent. */
  readonly verbs?: ProgressVerbs;
}

/** A finished step gives way to others after this many milliseconds. */
const shownAfterwards = 3000;

/** Draws the state of a running build as lines that fit the terminal. */
export function drawProgress(state: ProgressState, frame: Frame): readonly string[] {
  const room = Math.max(1, frame.rows - 2);
  const recent = [...state.steps.values()].filter(
    (step) =>
      step.finishedAt === undefined || step.outcome === "failed" || frame.now - step.finishedAt < shownAfterwards,
  );
  return [
    drawHeader(frame.verbs?.running ?? "Building", state, frame),
    ...fit(recent, room)
      .flatMap((step) => drawStep(step, frame))
      .slice(0, room),
  ];
}

/** Draws what a build has done: every step if they fit, otherwise those that were not cached. */
export function drawSummary(state: ProgressState, frame: Frame): readonly string[] {
  const steps = [...state.steps.values()];
  const done = steps.filter(({ outcome }) => outcome !== "cached");
  const shown = steps.length + 2 <= frame.rows ? steps : done;
  const cached = steps.length - shown.length;
  return [
    drawHeader(
      steps.some(({ outcome }) => outcome === "failed" || outcome === "running")
        ? "Stopped"
        : (frame.verbs?.done ?? "Built"),
      state,
      frame,
    ),
    ...(cached > 0 ? [frame.style.blue(` => CACHED ${cached} steps`)] : []),
    ...shown.flatMap((step) => drawStep({ ...step, output: [] }, frame)),
    ...state.exports.map((each) => ` => ${withoutControlCodes(printExport(each))}`),
  ];
}

function drawHeader(verb: string, { steps, startedAt }: ProgressState, { now, columns, style }: Frame): string {
  const finished = [...steps.values()].filter(({ outcome }) => outcome === "done" || outcome === "cached").length;
  return style.bold(truncate(`[+] ${verb} ${formatDuration(now - startedAt)} (${finished}/${steps.size})`, columns));
}

/** When there is no room for all, running steps come before finished ones, and the later before the earlier. */
function fit(steps: readonly StepState[], room: number): readonly StepState[] {
  if (steps.length <= room) return steps;
  const byImportance = [...steps].sort(
    (left, right) => importance(right) - importance(left) || right.startedAt - left.startedAt,
  );
  const kept = new Set(byImportance.slice(0, room));
  return steps.filter((step) => kept.has(step));
}

function importance({ outcome }: StepState): number {
  return outcome === "failed" ? 3 : outcome === "running" ? 2 : outcome === "done" ? 1 : 0;
}

function drawStep(step: StepState, { columns, now, style }: Frame): string[] {
  const time = formatDuration((step.finishedAt ?? now) - step.startedAt);
  const bytes = drawBytes(step);
  const right = `${bytes === "" ? "" : `${bytes}  `}${time}`;
  const state = step.outcome === "cached" ? "CACHED " : step.outcome === "failed" ? "ERROR " : "";
  const title = withoutControlCodes(oneLine(`${state}[${step.image}] ${step.title}`));
  const width = Math.max(8, columns - right.length - 6);
  const shown = truncate(title, width);
  const line = ` => ${shown}${" ".repeat(Math.max(1, columns - right.length - 5 - [...shown].length))}${right}`;
  const output = step.output
    .filter((text) => text.trim() !== "")
    .map((text) => style.dim(`    ${truncate(withoutControlCodes(text), columns - 5)}`));
  return [colouring(step, style)(line), ...output];
}

function drawBytes({ done, total, outcome }: StepState): string {
  if (done === undefined || done === 0) return "";
  return outcome === "running" && total !== undefined ? `${formatSize(done)} / ${formatSize(total)}` : formatSize(done);
}

function colouring({ outcome }: StepState, style: Style): (text: string) => string {
  if (outcome === "failed") return style.red;
  return outcome === "running" ? (text) => text : style.blue;
}
