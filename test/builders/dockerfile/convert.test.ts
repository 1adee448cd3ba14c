import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { baseNeeds } from "../../support/base-images.ts";
import { need } from "../../support/need.ts";
import { project } from "../../support/project.ts";
import { runStrake } from "../../support/run-strake.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { allScenarios } from "./all-scenarios.ts";
import type { DockerfileScenario } from "./scenario.ts";
import { serveScenarioBases } from "./serve-scenario-bases.ts";

/** What a build file has no words for: a mistake that nobody needs. Its author is told the line. */
const refused: Readonly<Record<string, string>> = {
  "mistakes in a stage that nobody needs, which are not looked at": "unsupported mount type",
};

/** What hangs on a base that converting does not look up: its triggers, and the user that a folder is made for. */
const hangsOnBase = new Set([
  "a base with triggers",
  "a base with triggers, under a stage",
  "a base with every setting",
]);

need(
  ...baseNeeds,
  "docker-registry",
  "skopeo",
)("strake convert writes a build file of the same plan", () => {
  let env: Record<string, string>;

  beforeAll(async () => {
    const bases = await serveScenarioBases();
    const settings = join(temporaryFolder(), "registries.yaml");
    writeFileSync(settings, `docker.io:\n  mirrors: [http://${bases.address}]\n`);
    env = { STRAKE_REGISTRIES: settings };
  });

  // What the call says of other stages, folders and files is no part of a build file.
  const isAlone = ({ target, contexts, site, dockerfile, buildArgs = {} }: DockerfileScenario) =>
    target === undefined &&
    contexts === undefined &&
    !site &&
    dockerfile === undefined &&
    !Object.keys(buildArgs).some((name) => name.startsWith("BUILDKIT_"));
  const scenarios = allScenarios.filter((scenario) => isAlone(scenario) && !hangsOnBase.has(scenario.name));

  it.concurrent.each(scenarios)("of $name", async ({ name, text, files, buildArgs = {}, prepare }) => {
    const cwd = project({ ...files, Dockerfile: text });
    await prepare?.(cwd);
    const home = temporaryFolder();
    const args = Object.entries(buildArgs).flatMap(([name, value]) => ["--build-arg", `${name}=${value}`]);
    const run = (...words: string[]) => runStrake([...words, ...args], { cwd, env, home });
    const before = await run("print", "--to", "plan", "-f", "Dockerfile");
    expect(before.status, `${text}\n${before.stderr}`).toBe(0);
    const converted = await runStrake(["convert"], { cwd, env, home });
    if (refused[name] !== undefined) {
      expect(converted.stderr).toContain(refused[name]);
      return;
    }
    expect(converted.status, converted.stderr).toBe(0);
    const after = await run("print", "--to", "plan", "-f", "build.ts", "default");
    expect(after.status, `${text}\n${after.stderr}`).toBe(0);
    const [was, is] = [JSON.parse(before.stdout), JSON.parse(after.stdout)];
    expect(is, text).toEqual(was);
  });
});
