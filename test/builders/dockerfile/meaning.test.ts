import { join } from "node:path";
import { makePlan } from "@strake/core";
import { parseDockerfile, readDockerfile } from "@strake/dockerfile";
import { expect, it } from "vitest";
import { buildDockerfile, buildkitNeeds } from "../../support/buildkit-daemon.ts";
import { compareConfigs } from "../../support/compare-images.ts";
import { type ImageConfigDocument, imageFiles, judgeNeeds } from "../../support/image-files.ts";
import { need } from "../../support/need.ts";
import { project } from "../../support/project.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import type { DockerfileScenario } from "./scenario.ts";
import { dockerfileScenarios } from "./scenarios.ts";

need(...buildkitNeeds, ...judgeNeeds)("a Dockerfile gives the config and the history that BuildKit gives", () => {
  it.concurrent.each(dockerfileScenarios)("for $name", async (scenario) => {
    const folder = project({ ...scenario.files, Dockerfile: scenario.text });
    const destination = join(temporaryFolder(), "theirs.tar");
    const { target, buildArgs = {} } = scenario;
    await buildDockerfile(folder, { destination, buildArgs, ...(target === undefined ? {} : { target }) });
    const theirs = await imageFiles(destination);
    expect(compareConfigs(planned(scenario, folder, theirs.config), theirs.config)).toEqual([]);
  });
});

function planned(scenario: DockerfileScenario, folder: string, theirs: ImageConfigDocument): ImageConfigDocument {
  const { architecture = "amd64", os = "linux" } = theirs;
  const buildArgs = new Map(Object.entries(scenario.buildArgs ?? {}));
  const { definition } = readDockerfile(parseDockerfile(scenario.text, { file: join(folder, "Dockerfile") }), {
    context: folder,
    platform: `${os}/${architecture}`,
    buildArgs,
    ...(scenario.target === undefined ? {} : { target: scenario.target }),
  });
  const inputs = { resolution: new Map(), platform: { os, architecture }, project: folder, buildArgs };
  const { image } = makePlan(definition, inputs).plan;
  // Only how many layers there are is compared.
  const layers = image.history.filter((entry) => !entry.empty_layer).map(() => "");
  return { ...image, rootfs: { type: "layers", diff_ids: layers } } as unknown as ImageConfigDocument;
}
