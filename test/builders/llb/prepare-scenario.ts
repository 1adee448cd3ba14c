import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import type { Plan } from "@strake/core";
import { project } from "../../support/project.ts";
import { type RunStrakeOptions, runStrake } from "../../support/run-strake.ts";
import type { Scenario } from "../scenarios.ts";

const imports = `import { archive, bind, cache, commands, diff, files, image, interpolate, ociLayout, rootfs, script, secret, ssh, tmpfs, variable } from "strake";\n`;

/** Makes the folder of a scenario, with its `build.ts`. */
export function prepareScenario(scenario: Scenario): string {
  const text = `${imports}${scenario.before ?? ""}\nexport const target = ${scenario.definition};\n`;
  const ignore = "build.ts\nstrake.lock\n.dockerignore\n";
  const folder = project({ ".dockerignore": ignore, ...scenario.files, "build.ts": text });
  for (const path of scenario.emptyFolders ?? []) mkdirSync(join(folder, path), { recursive: true });
  for (const [path, target] of Object.entries(scenario.links ?? {})) symlinkSync(target, join(folder, path));
  return folder;
}

/** The plan of a folder's one target, and where the folders that it names are. */
export async function planOf(
  folder: string,
  options: RunStrakeOptions = {},
): Promise<{ plan: Plan; locals: ReadonlyMap<string, string> }> {
  const printed = await runStrake(["print", "--to", "plan"], { cwd: folder, ...options });
  if (printed.status !== 0) throw new Error(printed.stderr);
  const plan = JSON.parse(printed.stdout) as Plan;
  const names = Object.values(plan.operations).flatMap((operation) => {
    if (operation.op !== "source") return [];
    const { source } = operation;
    return source.type === "local" ? [source.name] : "path" in source ? [source.path] : [];
  });
  return { plan, locals: new Map(names.map((name) => [name, join(folder, name)])) };
}
