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
import { allScenarios } from "./all-scenarios.ts";
import { differences } from "./differences.ts";
import { serveSite } from "./serve-site.ts";

need(
  ...buildkitNeeds,
  ...judgeNeeds,
  "crun",
)("strake build -f Dockerfile makes what BuildKit makes", () => {
  let settings: string;
  let home: string;
  let site: string;

  beforeAll(async () => {
    const bases = await serveBases("busybox", "alpine", "node:24-slim", "golang:1.24");
    settings = join(temporaryFolder(), "registries.yaml");
    writeFileSync(settings, `docker.io:\n  mirrors: [http://${bases.address}]\n`);
    home = temporaryFolder();
    site = await serveSite();
  });

  it("of scenarios that have a name each, which every difference names", () => {
    const names = allScenarios.map(({ name }) => name);
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
    expect(Object.keys(differences).filter((name) => !names.includes(name))).toEqual([]);
  });

  it.concurrent.each(allScenarios)("of $name", async (scenario) => {
    const { text, target } = scenario;
    const folder = project({ ...scenario.files, Dockerfile: text });
    await scenario.prepare?.(folder);
    const buildArgs = { ...scenario.buildArgs, ...(scenario.site ? { SITE: site } : {}) };
    const contexts = Object.fromEntries(
      Object.entries(scenario.contexts ?? {}).map(([name, files]) => [name, project(files)]),
    );
    const options = [
      ...Object.entries(buildArgs).flatMap(([name, value]) => ["--build-arg", `${name}=${value}`]),
      ...Object.entries(contexts).flatMap(([name, path]) => ["--build-context", `${name}=${path}`]),
      ...(target === undefined ? [] : ["--target", target]),
    ];
    const ours = join(temporaryFolder(), "ours.tar");
    const built = await runStrake(["build", ".", "-o", `type=docker,dest=${ours}`, ...options], {
      cwd: folder,
      env: { STRAKE_REGISTRIES: settings },
      home,
    });
    expect(built.status, `${text}\n${built.stderr}`).toBe(0);
    const destination = join(temporaryFolder(), "theirs.tar");
    await buildDockerfile(folder, { destination, buildArgs, contexts, ...(target === undefined ? {} : { target }) });
    expect(await compareImages(ours, destination), text).toEqual(differences[scenario.name] ?? []);
  });
});
