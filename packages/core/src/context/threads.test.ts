import { afterEach, expect, test } from "vitest";
import { Threads } from "./threads.ts";

const open: Threads<string, string>[] = [];
afterEach(async () => {
  for (const threads of open.splice(0)) await threads.close();
});

/** Threads that answer what they are asked. */
function echoing(size: number): Threads<string, string> {
  const code = `import { parentPort } from "node:worker_threads";
    parentPort.on("message", (request) => parentPort.postMessage(request));`;
  const threads = new Threads<string, string>(new URL(`data:text/javascript,${encodeURIComponent(code)}`), size);
  open.push(threads);
  return threads;
}

test("requests that wait go by their turns, and those of one turn in the order in which they were made", async () => {
  const threads = echoing(1);
  const answers: string[] = [];
  const ask = async (request: string, turn = 0) => {
    answers.push(await threads.ask(request, { turn }));
  };
  // The thread has these at once, whatever their turns are.
  const first = ["a", "b"].map((request) => ask(request, 3));
  const then = [ask("late 1", 2), ask("early 1", 1), ask("late 2", 2), ask("early 2", 1), ask("at once")];
  await Promise.all([...first, ...then]);
  expect(answers).toEqual(["a", "b", "at once", "early 1", "early 2", "late 1", "late 2"]);
});
