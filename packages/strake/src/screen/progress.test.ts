import type { BuildEvent, OperationId } from "@strake/core";
import { expect, test } from "vitest";
import { drawProgress, drawSummary } from "./draw-progress.ts";
import type { ProgressMode, ProgressStream } from "./progress.ts";
import { advanceProgress, beginProgress, type ProgressState } from "./progress-state.ts";
import { startProgress } from "./start-progress.ts";
import { makeStyle } from "./style.ts";

const id = (number: number): OperationId => `sha256:${String(number).padStart(64, "0")}`;
const digest = id(99);

const events: readonly BuildEvent[] = [
  { type: "started", step: id(1), title: "FROM debian:12", image: "api" },
  { type: "finished", step: id(1), cached: true, milliseconds: 0 },
  { type: "started", step: id(2), title: "COPY src\n  ./src/", image: "api" },
  { type: "progress", step: id(2), done: 500_000, total: 2_000_000 },
  { type: "warning", message: "careful\u001b[2J" },
  { type: "finished", step: id(2), cached: false, milliseconds: 1234, size: 2_000_000 },
  { type: "started", step: id(3), title: "RUN make", image: "api" },
  { type: "output", step: id(3), text: "one\u001b[31m red\u001b[0m\r\ntw" },
  { type: "output", step: id(3), text: "o" },
  { type: "failed", step: id(3), message: "exited with 1" },
  { type: "exported", image: "api", to: "api.tar", digest, unchanged: true },
  { type: "note", message: "for your\ninformation" },
];

function play(
  mode: ProgressMode,
  stream: Partial<ProgressStream> = {},
  environment: Record<string, string> = {},
): string {
  let text = "";
  const progress = startProgress(mode, { write: (chunk) => (text += chunk), ...stream }, environment);
  for (const event of events) progress.handle(event);
  progress.end();
  progress.end();
  return text;
}

function stateAfter(count: number, now = 0): ProgressState {
  return events.slice(0, count).reduce((state, event) => advanceProgress(state, event, now), beginProgress(0));
}

const frame = { columns: 60, rows: 10, now: 2000, style: makeStyle(false) };

test("plain progress is numbered lines without control codes", () => {
  expect(play("plain")).toBe(`#1 [api] FROM debian:12
#1 CACHED
#2 [api] COPY src ./src/
WARNING: careful
#2 DONE 1.2s  2MB
#3 [api] RUN make
#3 one red
#3 two
#3 ERROR: exited with 1
api => api.tar ${digest} (unchanged)
for your information
`);
});

test("JSON progress is one object a line, with every event and no control codes", () => {
  const lines = play("json").trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toEqual(
    events.map((event) => ({ time: expect.any(Number), ...event })),
  );
  expect(lines.join("")).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
});

test("quiet progress says nothing", () => {
  expect(play("quiet", { isTTY: true })).toBe("");
});

test("auto is plain where there is no terminal, or a dumb one", () => {
  expect(play("auto")).toBe(play("plain"));
  expect(play("auto", { isTTY: true }, { TERM: "dumb" })).toBe(play("plain"));
});

test("a terminal gets a summary at the end, with its cursor as it was", () => {
  const text = play("auto", { isTTY: true, columns: 70, rows: 20 });
  expect(text).toContain("CACHED [api] FROM debian:12");
  expect(text.split("\u001b[?25l").length).toBe(text.split("\u001b[?25h").length);
  expect(text).not.toContain("\u001b[2J");
});

test("NO_COLOR takes the colours away and leaves the rest", () => {
  const terminal = { isTTY: true, columns: 70, rows: 20 };
  expect(play("auto", terminal)).toMatch(/\u001b\[34m/);
  expect(play("auto", terminal, { NO_COLOR: "1" })).not.toMatch(/\u001b\[\d+m/);
});

test("a running build is drawn with times, bytes and output", () => {
  const words = drawProgress(stateAfter(4), frame).map((line) => line.replaceAll(/ {3,}/g, "   "));
  expect(words).toEqual([
    "[+] Building 2.0s (1/2)",
    " => CACHED [api] FROM debian:12   0.0s",
    " => [api] COPY src ./src/   500kB / 2MB  2.0s",
  ]);
  expect(drawProgress(stateAfter(9), frame).slice(-2)).toEqual(["    one red", "    two"]);
});

test("finished steps make room after a while, failed ones stay", () => {
  const drawn = drawProgress(stateAfter(10), { ...frame, now: 10_000 }).join("\n");
  expect(drawn).not.toContain("COPY");
  expect(drawn).toContain("ERROR [api] RUN make");
});

test("a drawing never has more lines or columns than the terminal", () => {
  let state = beginProgress(0);
  for (let step = 1; step <= 50; step++) {
    state = advanceProgress(state, { type: "started", step: id(step), title: "x".repeat(step * 4), image: "api" }, 0);
    if (step % 2 === 0) state = advanceProgress(state, { type: "output", step: id(step), text: "y\n".repeat(9) }, 0);
  }
  for (const rows of [1, 5, 24]) {
    const lines = drawProgress(state, { ...frame, rows });
    expect(lines.length).toBeLessThanOrEqual(Math.max(2, rows - 1));
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(frame.columns);
  }
});

test("a summary that does not fit counts the cached steps", () => {
  let state = beginProgress(0);
  for (let step = 1; step <= 50; step++) {
    state = advanceProgress(state, { type: "started", step: id(step), title: "COPY", image: `image${step}` }, 0);
    state = advanceProgress(state, { type: "finished", step: id(step), cached: step > 1, milliseconds: 100 }, 0);
  }
  const lines = drawSummary(state, frame);
  expect(lines.slice(0, 2)).toEqual(["[+] Built 2.0s (50/50)", " => CACHED 49 steps"]);
  expect(lines).toHaveLength(3);
});
