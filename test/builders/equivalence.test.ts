import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { buildDockerfile } from "../support/buildkit-daemon.ts";
import { need } from "../support/need.ts";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { type Builders, builderNeeds, compareBuilders, openBuilders, strakeOptions } from "./compare-builders.ts";
import { differences, expected } from "./differences.ts";
import { serveScenarioBases } from "./dockerfile/serve-scenario-bases.ts";
import { prepareScenario } from "./llb/prepare-scenario.ts";
import { oldDockerDifferences } from "./old-docker-differences.ts";
import { runScenarios } from "./run-scenarios.ts";
import { scenarios } from "./scenarios.ts";

const all = [...scenarios, ...runScenarios];

need(...builderNeeds)("every builder makes the same image", () => {
  let builders: Builders;

  beforeAll(async () => {
    builders = await openBuilders(await serveScenarioBases());
  });

  it.concurrent.each(all)("of $name", async (scenario) => {
    const old = builders.isOld ? oldDockerDifferences : {};
    const cwd = prepareScenario(scenario);
    const found = await compareBuilders(builders, cwd, [], async (destination) => {
      const dockerfileFolder = await printDockerfile(cwd);
      await buildDockerfile(cwd, { destination, dockerfileFolder });
    });
    expect(found, scenario.definition).toEqual(expected(differences[scenario.name], old[scenario.name]));
  });

  /** Writes the Dockerfile of a folder's image into a folder of its own. */
  async function printDockerfile(cwd: string): Promise<string> {
    const { status, stdout, stderr } = await runStrake(["print", "--to", "dockerfile"], strakeOptions(builders, cwd));
    expect(status, stderr).toBe(0);
    const folder = temporaryFolder();
    mkdirSync(folder, { recursive: true });
    // The frontend that the line names cannot be fetched; this BuildKit's own is as new.
    writeFileSync(join(folder, "Dockerfile"), stdout.replace(/^# syntax=.*\n/, ""));
    return folder;
  }
});

it("scenarios have a name each, and every difference names one", () => {
  const names = all.map(({ name }) => name);
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  const known = [...Object.keys(differences), ...Object.keys(oldDockerDifferences)];
  expect(known.filter((name) => !names.includes(name))).toEqual([]);
});
