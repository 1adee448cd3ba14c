import { setTimeout as wait } from "node:timers/promises";
import { expect, it } from "vitest";
import { Leaders } from "./leaders.ts";

it("lets one begin, and all others go on together when it is done", async () => {
  const leaders = new Leaders<string>();
  const log: string[] = [];
  const work = (name: string) => async () => {
    log.push(`+${name}`);
    await wait(5);
    log.push(`-${name}`);
    return name;
  };
  const done = await Promise.all(["a", "b", "c"].map((name) => leaders.follow("key", work(name))));
  expect(done).toEqual(["a", "b", "c"]);
  expect(log.slice(0, 4)).toEqual(["+a", "-a", "+b", "+c"]);
  expect(await leaders.follow("other", work("d"))).toBe("d");
});

it("has the next lead where one fails", async () => {
  const leaders = new Leaders<string>();
  let tries = 0;
  const work = async () => {
    tries += 1;
    await wait(1);
    if (tries < 3) throw new Error(`failed ${tries}`);
    return tries;
  };
  const all = await Promise.allSettled([1, 2, 3, 4].map(() => leaders.follow("key", work)));
  expect(all.map(({ status }) => status)).toEqual(["rejected", "rejected", "fulfilled", "fulfilled"]);
});
