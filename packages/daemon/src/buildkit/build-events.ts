import type { Timestamp } from "@bufbuild/protobuf/wkt";
import type { BuildEvent, OperationId, PlannedStep } from "@strake/core";
import type { Digest } from "@strake/oci";
import type { StatusResponse, Vertex } from "../generated/github.com/moby/buildkit/api/services/control/control_pb.ts";
import type { LogLines } from "./log-lines.ts";

/** Tells what happens on a daemon in the words of a build. */
export class BuildEvents {
  readonly #operations: ReadonlyMap<string, OperationId>;
  /** The vertex that does an operation; others of it only make something ready. */
  readonly #vertices: ReadonlyMap<OperationId, string>;
  readonly #steps: ReadonlyMap<OperationId, PlannedStep>;
  readonly #log: LogLines;
  readonly #report: (event: BuildEvent) => void;
  readonly #state = new Map<string, "started" | "ended">();
  #failed: PlannedStep | undefined;

  constructor(
    operations: ReadonlyMap<Digest, OperationId>,
    steps: readonly PlannedStep[],
    log: LogLines,
    report: (event: BuildEvent) => void,
  ) {
    this.#operations = operations;
    this.#vertices = new Map([...operations].map(([vertex, operation]) => [operation, vertex]));
    this.#steps = new Map(steps.map((step) => [step.id, step]));
    this.#log = log;
    this.#report = report;
  }

  add(status: StatusResponse): void {
    const logged = new Set(status.logs.map(({ vertex }) => vertex));
    for (const vertex of status.vertexes) {
      this.#begin(vertex);
      if (!logged.has(vertex.digest)) this.#end(vertex);
    }
    for (const { vertex, current, total } of status.statuses) {
      const step = this.#step(vertex);
      if (step === undefined || this.#state.get(step.id) === "ended" || current === 0n) continue;
      // A step that copies begins with the sending of what it copies.
      this.#start(step);
      const known = total > 0n ? { total: Number(total) } : {};
      this.#report({ type: "progress", step: step.id, done: Number(current), ...known });
    }
    for (const { vertex, msg } of status.logs) {
      const step = this.#step(vertex);
      if (step === undefined) continue;
      const isLate = this.#state.get(step.id) === "ended";
      this.#output(step, this.#log.add(step.id, msg) + (isLate ? this.#log.end(step.id) : ""));
    }
    // Last, because what a step says comes before its end, although both are told together.
    for (const vertex of status.vertexes) if (logged.has(vertex.digest)) this.#end(vertex);
    for (const { short } of status.warnings) {
      this.#report({ type: "warning", message: this.#log.hide(new TextDecoder().decode(short)) });
    }
  }

  /** The step that failed first, and not because another one did. */
  get failed(): PlannedStep | undefined {
    return this.#failed;
  }

  #begin(vertex: Vertex): void {
    const step = this.#ownStep(vertex);
    if (step !== undefined && vertex.started !== undefined) this.#start(step);
  }

  #start(step: PlannedStep): void {
    if (this.#state.has(step.id)) return;
    this.#state.set(step.id, "started");
    this.#report({ type: "started", step: step.id, title: step.title, image: step.image });
  }

  #end(vertex: Vertex): void {
    const step = this.#ownStep(vertex);
    if (step === undefined || vertex.completed === undefined || vertex.started === undefined) return;
    if (this.#state.get(step.id) === "ended") return;
    this.#state.set(step.id, "ended");
    this.#output(step, this.#log.end(step.id));
    if (vertex.error !== "") {
      if (!/context canceled|operation was canceled/.test(vertex.error)) this.#failed ??= step;
      this.#report({ type: "failed", step: step.id, message: this.#log.hide(vertex.error) });
      return;
    }
    const milliseconds = Math.max(0, toMs(vertex.completed) - toMs(vertex.started));
    this.#report({ type: "finished", step: step.id, cached: vertex.cached, milliseconds });
  }

  #output(step: PlannedStep, text: string): void {
    if (text !== "") this.#report({ type: "output", step: step.id, text });
  }

  /** The step that a vertex does, where it is not one that only makes something ready for it. */
  #ownStep(vertex: Vertex): PlannedStep | undefined {
    const step = this.#step(vertex.digest);
    return step !== undefined && this.#vertices.get(step.id) === vertex.digest ? step : undefined;
  }

  #step(vertex: string): PlannedStep | undefined {
    const operation = this.#operations.get(vertex);
    return operation === undefined ? undefined : this.#steps.get(operation);
  }
}

function toMs({ seconds, nanos }: Timestamp): number {
  return Number(seconds) * 1000 + Math.ceil(nanos / 1e6);
}
