import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Plan } from "@strake/core";
import { compilePlan, printLlb } from "@strake/daemon";
import { sha256 } from "@strake/oci";
import { expect, it } from "vitest";
import { need } from "../../support/need.ts";
import { runOrThrow } from "../../support/run-program.ts";
import { runStrake } from "../../support/run-strake.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

// STRAKE_WRITE_VECTORS=1 writes them anew. They show what an upgrade changes; BuildKit's caches hang on them.

const folder = import.meta.dirname;
const plans = await printedPlans();

it.each(Object.keys(plans))("%s: the same LLB on every machine, in whatever order the plan's keys are", (target) => {
  const plan = plans[target] as Plan;
  const { definition, bytes, locals, secrets, agents, entitlements } = compilePlan(plan);
  const found = {
    digest: sha256(bytes),
    locals,
    secrets,
    agents,
    entitlements,
    operations: JSON.parse(printLlb(definition)),
  };
  const file = join(folder, `${target}.json`);
  if (process.env.STRAKE_WRITE_VECTORS === "1") writeFileSync(file, `${JSON.stringify(found, null, 2)}\n`);
  expect(found).toEqual(JSON.parse(readFileSync(file, "utf8")));
  const reversed = { ...plan, operations: Object.fromEntries(Object.entries(plan.operations).reverse()) };
  expect(sha256(compilePlan(reversed).bytes)).toBe(found.digest);
});

it("has a vector for every image of the project", () => {
  const kept = readdirSync(folder).flatMap((name) => (name.endsWith(".json") ? [name.replace(".json", "")] : []));
  expect(kept.sort()).toEqual(Object.keys(plans).sort());
});

need("buildctl")("BuildKit's own tools", () => {
  it.each(Object.keys(plans))("%s: name the operations by the digests that we do", async (target) => {
    const { definition, bytes } = compilePlan(plans[target] as Plan);
    if (definition.def.length === 0) return;
    const read = (await runOrThrow("buildctl", ["debug", "dump-llb"], { input: bytes })).trim().split("\n");
    const digests = (JSON.parse(printLlb(definition)) as { digest: string }[]).map(({ digest }) => digest);
    expect(read.map((line) => (JSON.parse(line) as { Digest: string }).Digest)).toEqual(digests);
  });
});

async function printedPlans(): Promise<Record<string, Plan>> {
  const out = temporaryFolder();
  const args = ["print", "--to", "plan", "--dest", out, "--platform", "linux/amd64"];
  const printed = await runStrake(args, { cwd: join(folder, "../project") });
  if (printed.status !== 0) throw new Error(printed.stderr);
  const names = readdirSync(out).sort();
  return Object.fromEntries(
    names.map((name) => [name.replace(".plan.json", ""), JSON.parse(readFileSync(join(out, name), "utf8")) as Plan]),
  );
}
