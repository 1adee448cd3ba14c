import { setImmediate as tick } from "node:timers/promises";
import { expect, test } from "vitest";
import { Limit } from "./limit.ts";

test("no more than the given number happen at once, and all happen in order", async () => {
  const limit = new Limit(3);
  let running = 0;
  let most = 0;
  const started: number[] = [];
  await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      limit.run(async () => {
        started.push(index);
        running += 1;
        most = Math.max(most, running);
        await tick();
        running -= 1;
      }),
    ),
  );
  expect(most).toBe(3);
  expect(started).toEqual(Array.from({ length: 20 }, (_, index) => index));
});

test("a failure frees its place", async () => {
  const limit = new Limit(1);
  await expect(limit.run(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
  await expect(limit.run(async () => "yes")).resolves.toBe("yes");
});

test("a stream holds its place until its reader leaves", async () => {
  const limit = new Limit(1);
  const order: string[] = [];
  async function* numbers(): AsyncGenerator<number> {
    for (let number = 0; ; number++) yield number;
  }
  const stream = limit.stream(numbers);
  await stream.next();
  const after = limit.run(async () => order.push("after"));
  await tick();
  order.push("still reading");
  await stream.return(undefined);
  await after;
  expect(order).toEqual(["still reading", "after"]);
});
