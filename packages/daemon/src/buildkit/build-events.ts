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
    for (const vertex of status.vertexes) this.#addVertex(vertex);
    for (const { vertex, current, total } of status.statuses) {
      const step = this.#step(vertex);
      if (step === undefined || this.#state.get(step.id) === "ended" || current === 0n) continue;
      const known = total > 0n ? { total: Number(total) } : {};
      this.#report({ type: "progress", step: step.id, done: Number(current), ...known });
    }
    for (const { vertex, msg } of status.logs) {
      const step = this.#step(vertex);
      if (step === undefined) continue;
      const text = this.#log.add(step.id, msg);
      if (text !== "") this.#report({ type: "output", step: step.id, text });
    }
    for (const { short } of status.warnings) {
      this.#report({ type: "warning", message: this.#log.hide(new TextDecoder().decode(short)) });
    }
  }

  #addVertex(vertex: Vertex): void {
    const step = this.#step(vertex.digest);
    if (step === undefined || this.#vertices.get(step.id) !== vertex.digest) return;
    const state = this.#state.get(step.id);
    if (vertex.started !== undefined && state === undefined) {
      this.#state.set(step.id, "started");
      this.#report({ type: "started", step: step.id, title: step.title, image: step.image });
    }
    if (vertex.completed === undefined || vertex.started === undefined || this.#state.get(step.id) === "ended") return;
    this.#state.set(step.id, "ended");
    if (vertex.error !== "") {
      this.#report({ type: "failed", step: step.id, message: this.#log.hide(vertex.error) });
      return;
    }
    const milliseconds = Math.max(0, toMs(vertex.completed) - toMs(vertex.started));
    this.#report({ type: "finished", step: step.id, cached: vertex.cached, milliseconds });
  }

  #step(vertex: string): PlannedStep | undefined {
    const operation = this.#operations.get(vertex);
    return operation === undefined ? undefined : this.#steps.get(operation);
  }
}

function toMs({ seconds, nanos }: Timestamp): number {
  return Number(seconds) * 1000 + Math.ceil(nanos / 1e6);
}
