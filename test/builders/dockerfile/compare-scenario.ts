import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { buildDockerfile } from "../../support/buildkit-daemon.ts";
import { need } from "../../support/need.ts";
import { project } from "../../support/project.ts";
import { type Builders, builderNeeds, compareBuilders, type Differences, openBuilders } from "../compare-builders.ts";
import { expected } from "../differences.ts";
import { differences } from "./differences.ts";
import { oldDockerDifferences } from "./old-docker-differences.ts";
import type { DockerfileScenario } from "./scenario.ts";
import { serveRepository } from "./serve-repository.ts";
import { serveScenarioBases } from "./serve-scenario-bases.ts";
import { serveSite } from "./serve-site.ts";

/** Arguments that name what is served for ADD. */
type Site = Readonly<Record<string, string>>;

/** Declares a test for each scenario: every builder has to make what BuildKit makes, but for `differences`. */
export function compareScenarios(title: string, scenarios: readonly DockerfileScenario[]): void {
  need(...builderNeeds)(title, () => {
    let builders: Builders;
    let site: Site = {};

    beforeAll(async () => {
      builders = await openBuilders(await serveScenarioBases());
      if (scenarios.some((each) => each.site)) site = { SITE: await serveSite(), ...(await serveRepository()) };
    });

    it.concurrent.each(scenarios)("of $name", async (scenario) => {
      const old = builders.isOld ? oldDockerDifferences : {};
      const found = await compared(scenario, builders, site);
      expect(found, scenario.text).toEqual(expected(differences[scenario.name], old[scenario.name]));
    });
  });
}

async function compared(scenario: DockerfileScenario, builders: Builders, site: Site): Promise<Differences> {
  const { text, target, dockerfile = "Dockerfile" } = scenario;
  const folder = project({ ...scenario.files, [dockerfile]: text });
  await scenario.prepare?.(folder);
  const buildArgs = { ...scenario.buildArgs, ...(scenario.site ? site : {}) };
  const folders = Object.entries(scenario.contexts ?? {}).map(([name, files]) => [name, project(files)] as const);
  const held = project(scenario.secrets ?? {});
  const secrets = Object.keys(scenario.secrets ?? {}).map((id) => [id, join(held, id)] as const);
  const named = (flag: string, pairs: Iterable<readonly [string, string]>): string[] =>
    [...pairs].flatMap(([name, value]) => [flag, `${name}=${value}`]);
  const options = [
    ...named("--build-arg", Object.entries(buildArgs)),
    ...named("--build-context", folders),
    ...secrets.flatMap(([id, file]) => ["--secret", `id=${id},src=${file}`]),
    ...(target === undefined ? [] : ["--target", target]),
  ];
  return compareBuilders(builders, folder, [".", "-f", dockerfile, ...options], (destination) =>
    buildDockerfile(folder, {
      destination,
      dockerfile,
      buildArgs,
      contexts: Object.fromEntries(folders),
      secrets: Object.fromEntries(secrets),
      ...(target === undefined ? {} : { target }),
    }),
  );
}
