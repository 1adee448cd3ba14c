import type { BuildEvent } from "@strake/core";
import { type Digest, sha256 } from "@strake/oci";
import { printJsonLine } from "./json-line.ts";
import type { Progress, ProgressStream } from "./progress.ts";

/** A step as BuildKit's client knows it; times are RFC 3339's. */
interface Vertex {
  readonly digest: Digest;
  readonly name: string;
  readonly started: string;
  readonly completed?: string;
  readonly cached?: true;
  readonly error?: string;
}

/** How far something within a vertex is; its place in the vertex is its `id`. */
interface VertexStatus {
  readonly id: string;
  readonly vertex: Digest;
  readonly name: string;
  readonly total?: number;
  readonly current: number;
  readonly timestamp: string;
  readonly started: string;
  readonly completed?: string;
}

/**
 * Writes what happens as `--progress=rawjson` of BuildKit's clients does: a `SolveStatus` a line, with vertexes,
 * statuses, logs and warnings.
 *
 * What an output writes, and what is worth knowing, are vertexes of their own, as exporters and BuildKit's own work are.
 */
export function rawJsonProgress(stream: Pick<ProgressStream, "write">): Progress {
  const vertexes = new Map<Digest, Vertex>();
  const statuses = new Map<Digest, VertexStatus>();
  const write = (status: object) => void stream.write(printJsonLine(status));

  function advance(event: Extract<BuildEvent, { readonly step: Digest }>, now: string): void {
    const { step } = event;
    if (event.type === "started") {
      if (vertexes.has(step)) return;
      const vertex = { digest: step, name: `[${event.image}] ${event.title}`, started: now };
      vertexes.set(step, vertex);
      write({ vertexes: [vertex] });
      return;
    }
    const vertex = vertexes.get(step);
    if (vertex === undefined) return;
    if (event.type === "output") {
      // Streams of a command are not told apart here.
      write({ logs: [{ vertex: step, stream: 1, data: base64(event.text), timestamp: now }] });
    } else if (event.type === "progress") {
      const started = statuses.get(step)?.started ?? now;
      const total = event.total === undefined ? {} : { total: event.total };
      const status = {
        id: "bytes",
        vertex: step,
        name: "bytes",
        ...total,
        current: event.done,
        timestamp: now,
        started,
      };
      statuses.set(step, status);
      write({ statuses: [status] });
    } else {
      const running = statuses.get(step);
      const ended = running === undefined ? {} : { statuses: [{ ...running, timestamp: now, completed: now }] };
      const outcome = event.type === "failed" ? { error: event.message } : event.cached ? { cached: true } : {};
      write({ vertexes: [{ ...vertex, completed: now, ...outcome }], ...ended });
    }
  }

  function tell(name: string, now: string): void {
    const vertex: Vertex = { digest: sha256(name), name, started: now, completed: now };
    write({ vertexes: [vertex] });
  }

  return {
    handle(event) {
      const now = new Date().toISOString();
      if (event.type === "exported") tell(`[${event.image}] exporting to ${event.to} ${event.digest}`, now);
      else if (event.type === "note") tell(`[internal] ${event.message}`, now);
      else if (event.type === "warning") write({ warnings: [{ level: 1, short: base64(event.message) }] });
      else advance(event, now);
    },
    end() {},
  };
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
