import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { buildDockerfile, buildkitNeeds } from "../../support/buildkit-daemon.ts";
import { compareImages } from "../../support/compare-images.ts";
import { judgeNeeds } from "../../support/image-files.ts";
import { need } from "../../support/need.ts";
import { project } from "../../support/project.ts";
import { runStrake } from "../../support/run-strake.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { differences } from "./differences.ts";
import type { DockerfileScenario } from "./scenario.ts";
import { serveRepository } from "./serve-repository.ts";
import { serveScenarioBases } from "./serve-scenario-bases.ts";
import { serveSite } from "./serve-site.ts";

/** What both builders find around a Dockerfile. */
interface Around {
  readonly settings: string;
  readonly home: string;
  /** Arguments that name what is served for ADD. */
  readonly site: Readonly<Record<string, string>>;
}

/** Declares a test for each scenario: `strake build` has to make what BuildKit makes, but for `differences`. */
export function compareScenarios(title: string, scenarios: readonly DockerfileScenario[]): void {
  need(
    ...buildkitNeeds,
    ...judgeNeeds,
    "crun",
    "git",
  )(title, () => {
    let around: Around;

    beforeAll(async () => {
      const bases = await serveScenarioBases();
      const settings = join(temporaryFolder(), "registries.yaml");
      writeFileSync(settings, `docker.io:\n  mirrors: [http://${bases.address}]\n`);
      const site = scenarios.some(({ site = false }) => site)
        ? { SITE: await serveSite(), ...(await serveRepository()) }
        : {};
      around = { settings, home: temporaryFolder(), site };
    });

    it.concurrent.each(scenarios)("of $name", async (scenario) => {
      expect(await compared(scenario, around), scenario.text).toEqual(differences[scenario.name] ?? []);
    });
  });
}

async function compared(scenario: DockerfileScenario, { settings, home, site }: Around): Promise<string[]> {
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
  const ours = join(temporaryFolder(), "ours.tar");
  const built = await runStrake(["build", ".", "-f", dockerfile, "-o", `type=docker,dest=${ours}`, ...options], {
    cwd: folder,
    env: { STRAKE_REGISTRIES: settings },
    home,
  });
  expect(built.status, `${text}\n${built.stderr}`).toBe(0);
  const theirs = join(temporaryFolder(), "theirs.tar");
  await buildDockerfile(folder, {
    destination: theirs,
    dockerfile,
    buildArgs,
    contexts: Object.fromEntries(folders),
    secrets: Object.fromEntries(secrets),
    ...(target === undefined ? {} : { target }),
  });
  return compareImages(ours, theirs);
}
