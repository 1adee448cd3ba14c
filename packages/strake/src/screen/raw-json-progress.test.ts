import type { BuildEvent, OperationId } from "@strake/core";
import { expect, test } from "vitest";
import { rawJsonProgress } from "./raw-json-progress.ts";

const step: OperationId = `sha256:${"1".repeat(64)}`;
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
const begun = { digest: step, name: "[api] RUN make", started: time };
const base64 = (text: string) => Buffer.from(text).toString("base64");

function play(...events: readonly BuildEvent[]): unknown[] {
  let text = "";
  const progress = rawJsonProgress({ write: (chunk) => (text += chunk) });
  for (const event of events) progress.handle(event);
  progress.end();
  return text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line)]));
}

const started: BuildEvent = { type: "started", step, title: "RUN make", image: "api" };

test("a step is a vertex, from its start to its end, with its output and how far it is", () => {
  const found = play(
    started,
    { type: "output", step, text: "one\u009b" },
    { type: "progress", step, done: 5, total: 9 },
    { type: "finished", step, cached: false, milliseconds: 1 },
  );
  const status = { id: "bytes", vertex: step, name: "bytes", total: 9, current: 5, timestamp: time, started: time };
  expect(found).toEqual([
    { vertexes: [begun] },
    { logs: [{ vertex: step, stream: 1, data: base64("one\u009b"), timestamp: time }] },
    { statuses: [status] },
    { vertexes: [{ ...begun, completed: time }], statuses: [{ ...status, completed: time }] },
  ]);
});

test("a vertex is cached, or has an error", () => {
  expect(play(started, { type: "finished", step, cached: true, milliseconds: 0 })[1]).toEqual({
    vertexes: [{ ...begun, completed: time, cached: true }],
  });
  expect(play(started, { type: "failed", step, message: "exited with 1" })[1]).toEqual({
    vertexes: [{ ...begun, completed: time, error: "exited with 1" }],
  });
});

test("a step that is wanted twice is one vertex, and one that nobody began is none", () => {
  expect(play(started, { ...started, image: "web" })).toHaveLength(1);
  expect(play({ type: "finished", step, cached: true, milliseconds: 0 })).toEqual([]);
});

test("warnings are warnings; outputs and notes are vertexes that are done", () => {
  const found = play(
    { type: "warning", message: "careful" },
    { type: "exported", image: "api", to: "api.tar", digest: step, unchanged: true },
    { type: "note", message: "for your information" },
  );
  const done = { digest: expect.stringMatching(/^sha256:/), started: time, completed: time };
  expect(found).toEqual([
    { warnings: [{ level: 1, short: base64("careful") }] },
    { vertexes: [{ ...done, name: `[api] exporting to api.tar ${step}` }] },
    { vertexes: [{ ...done, name: "[internal] for your information" }] },
  ]);
});
