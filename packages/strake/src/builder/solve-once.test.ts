import type { BuildOptions, Plan } from "@strake/core";
import { expect, test } from "vitest";
import type { TargetSolution } from "../compose/target-solution.ts";
import { solveOnce } from "./solve-once.ts";

test("a plan is solved once under each name, also while it is being solved", async () => {
  const asked: string[] = [];
  const solve = solveOnce(async (plan, _options, name) => {
    asked.push(`${name} ${plan.platform}`);
    return { key: `${asked.length}` } as unknown as TargetSolution;
  });
  const ask = (platform: string, name: string) => solve({ platform } as Plan, {} as BuildOptions, name);
  const [one, again] = await Promise.all([ask("linux/amd64", "a"), ask("linux/amd64", "a")]);
  expect(again).toBe(one);
  expect(await ask("linux/amd64", "a")).toBe(one);
  await Promise.all([ask("linux/arm64", "a"), ask("linux/amd64", "b")]);
  expect(asked).toEqual(["a linux/amd64", "a linux/arm64", "b linux/amd64"]);
});
