import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { baseNeeds, serveBases } from "../../support/base-images.ts";
import { need } from "../../support/need.ts";
import { project } from "../../support/project.ts";
import { runStrake } from "../../support/run-strake.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { commandScenarios } from "./command-scenarios.ts";
import { dockerfileScenarios } from "./scenarios.ts";

need(
  ...baseNeeds,
  "docker-registry",
  "skopeo",
)("strake convert writes a build file of the same plan", () => {
  let env: Record<string, string>;

  beforeAll(async () => {
    const bases = await serveBases("busybox", "node:24-slim");
    const settings = join(temporaryFolder(), "registries.yaml");
    writeFileSync(settings, `docker.io:\n  mirrors: [http://${bases.address}]\n`);
    env = { STRAKE_REGISTRIES: settings };
  });

  const scenarios = [...dockerfileScenarios, ...commandScenarios].filter(({ target }) => target === undefined);

  it.concurrent.each(scenarios)("of $name", async ({ text, files, buildArgs = {} }) => {
    const cwd = project({ ...files, Dockerfile: text });
    const home = temporaryFolder();
    const args = Object.entries(buildArgs).flatMap(([name, value]) => ["--build-arg", `${name}=${value}`]);
    const plan = async (...of: string[]): Promise<unknown> => {
      const printed = await runStrake(["print", "--to", "plan", ...of, ...args], { cwd, env, home });
      expect(printed.status, `${text}\n${printed.stderr}`).toBe(0);
      return JSON.parse(printed.stdout);
    };
    const before = await plan("-f", "Dockerfile");
    const converted = await runStrake(["convert"], { cwd, env, home });
    expect(converted.status, converted.stderr).toBe(0);
    expect(await plan("-f", "build.ts", "default"), text).toEqual(before);
  });
});
