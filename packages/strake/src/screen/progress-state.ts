import type { BuildEvent, OperationId } from "@strake/core";

/** How far a step is. */
export interface StepState {
  readonly title: string;
  readonly image: string;
  /** Times are milliseconds on the clock of whoever feeds the events. */
  readonly startedAt: number;
  readonly finishedAt?: number;
  readonly outcome: "running" | "done" | "cached" | "failed";
  /** Bytes done, and of how many where that is known. */
  readonly done?: number;
  readonly total?: number;
  /** The last lines that the step has printed. */
  readonly output: readonly string[];
}

/** An image that has been written to a place. */
export interface Export {
  readonly image: string;
  readonly to: string;
  readonly digest: string;
  readonly unchanged: boolean;
}

/** All that a screen knows of a build. */
export interface ProgressState {
  readonly startedAt: number;
  /** In the order in which they were started. */
  readonly steps: ReadonlyMap<OperationId, StepState>;
  readonly exports: readonly Export[];
}

/** How many lines of a step's output are kept to be shown. */
const keptLines = 6;

/** The state before anything has happened. */
export function beginProgress(now: number): ProgressState {
  return { startedAt: now, steps: new Map(), exports: [] };
}

/** The state after an event; the state before it stays what it was. */
export function advanceProgress(state: ProgressState, event: BuildEvent, now: number): ProgressState {
  if (event.type === "warning" || event.type === "note") return state;
  if (event.type === "exported") {
    const { image, to, digest, unchanged } = event;
    return { ...state, exports: [...state.exports, { image, to, digest, unchanged }] };
  }
  if (event.type === "started") {
    if (state.steps.has(event.step)) return state;
    const { title, image } = event;
    return withStep(state, event.step, { title, image, startedAt: now, outcome: "running", output: [] });
  }
  const step = state.steps.get(event.step);
  return step === undefined ? state : withStep(state, event.step, advanceStep(step, event, now));
}

type StepEvent = Extract<BuildEvent, { readonly type: "progress" | "finished" | "failed" | "output" }>;

function advanceStep(step: StepState, event: StepEvent, now: number): StepState {
  switch (event.type) {
    case "progress":
      return { ...step, done: event.done, ...(event.total === undefined ? {} : { total: event.total }) };
    case "finished": {
      const size = event.size ?? step.done;
      return {
        ...step,
        outcome: event.cached ? "cached" : "done",
        finishedAt: step.startedAt + event.milliseconds,
        ...(size === undefined ? {} : { done: size }),
        output: [],
      };
    }
    case "failed":
      return { ...step, outcome: "failed", finishedAt: now };
    case "output": {
      const text = (step.output.at(-1) ?? "") + event.text;
      return { ...step, output: [...step.output.slice(0, -1), ...text.split("\n")].slice(-keptLines) };
    }
  }
}

function withStep(state: ProgressState, id: OperationId, step: StepState): ProgressState {
  return { ...state, steps: new Map(state.steps).set(id, step) };
}
