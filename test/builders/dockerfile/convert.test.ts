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

/** What a build file has no words for; its author is told the line and what to write. */
const refused: Readonly<Record<string, string>> = {
  "ONBUILD that a stage carries out": "has ONBUILD instructions",
  "ONBUILD of a stage": "has ONBUILD instructions",
  "a variable in the name": "a variable stands in the name",
  ports: "a variable stands for several ports",
};

/** The same files and config, in other words: a heredoc has no name in a build file, and each argument its own line. */
const otherHistory = new Set([
  "arguments with and without values",
  "an argument with quotes",
  "copies of heredocs",
  "a heredoc into a folder of the working folder",
  "heredocs that are files",
]);

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

  it.concurrent.each(scenarios)("of $name", async ({ name, text, files, buildArgs = {} }) => {
    const cwd = project({ ...files, Dockerfile: text });
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
    if (otherHistory.has(name)) {
      expect(is, text).not.toEqual(was);
      for (const plan of [is, was]) plan.image.history = [];
    }
    expect(is, text).toEqual(was);
  });
});
