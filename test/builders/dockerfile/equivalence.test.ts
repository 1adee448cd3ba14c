import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { serveBases } from "../../support/base-images.ts";
import { buildDockerfile, buildkitNeeds } from "../../support/buildkit-daemon.ts";
import { compareImages } from "../../support/compare-images.ts";
import { judgeNeeds } from "../../support/image-files.ts";
import { need } from "../../support/need.ts";
import { project } from "../../support/project.ts";
import { runStrake } from "../../support/run-strake.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { commandScenarios } from "./command-scenarios.ts";
import { differences } from "./differences.ts";
import { dockerfileScenarios } from "./scenarios.ts";

need(
  ...buildkitNeeds,
  ...judgeNeeds,
  "crun",
)("strake build -f Dockerfile makes what BuildKit makes", () => {
  let settings: string;
  let home: string;

  beforeAll(async () => {
    const bases = await serveBases("busybox", "node:24-slim");
    settings = join(temporaryFolder(), "registries.yaml");
    writeFileSync(settings, `docker.io:\n  mirrors: [http://${bases.address}]\n`);
    home = temporaryFolder();
  });

  it.concurrent.each([...dockerfileScenarios, ...commandScenarios])("of $name", async (scenario) => {
    const { text, target, buildArgs = {} } = scenario;
    const folder = project({ ...scenario.files, Dockerfile: text });
    const ours = join(temporaryFolder(), "ours.tar");
    const args = Object.entries(buildArgs).flatMap(([name, value]) => ["--build-arg", `${name}=${value}`]);
    const built = await runStrake(
      ["build", ".", "-o", `type=docker,dest=${ours}`, ...args, ...(target === undefined ? [] : ["--target", target])],
      { cwd: folder, env: { STRAKE_REGISTRIES: settings }, home },
    );
    expect(built.status, `${text}\n${built.stderr}`).toBe(0);
    const destination = join(temporaryFolder(), "theirs.tar");
    await buildDockerfile(folder, { destination, buildArgs, ...(target === undefined ? {} : { target }) });
    expect(await compareImages(ours, destination), text).toEqual(differences[scenario.name] ?? []);
  });
});
