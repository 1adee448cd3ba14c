import { setTimeout as wait } from "node:timers/promises";
import { expect, it } from "vitest";
import { inParallel } from "./in-parallel.ts";

it("gives results in order, whoever is done first, and does no more than so many at once", async () => {
  let busy = 0;
  let most = 0;
  const results = await inParallel([30, 1, 10, 2, 5], 2, async (time) => {
    busy += 1;
    most = Math.max(most, busy);
    await wait(time);
    busy -= 1;
    return time * 2;
  });
  expect(results).toEqual([60, 2, 20, 4, 10]);
  expect(most).toBe(2);
  expect(await inParallel([], 3, async () => 1)).toEqual([]);
});

it("begins nothing after a failure, and waits for what is under way", async () => {
  const log: number[] = [];
  const doing = inParallel([1, 2, 3, 4], 2, async (item) => {
    if (item === 1) throw new Error("one");
    await wait(5);
    log.push(item);
  });
  await expect(doing).rejects.toThrow("one");
  expect(log).toEqual([2]);
});
