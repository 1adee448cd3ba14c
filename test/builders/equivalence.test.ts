import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { buildDockerfile, buildkitNeeds } from "../support/buildkit-daemon.ts";
import { compareImages } from "../support/compare-images.ts";
import { judgeNeeds } from "../support/image-files.ts";
import { need } from "../support/need.ts";
import { project } from "../support/project.ts";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { differences } from "./differences.ts";
import { serveScenarioBases } from "./dockerfile/serve-scenario-bases.ts";
import { runScenarios } from "./run-scenarios.ts";
import { type Scenario, scenarios } from "./scenarios.ts";

const imports = `import { bind, cache, commands, files, image, interpolate, script, secret, tmpfs, variable } from "strake";\n`;

need(...buildkitNeeds, ...judgeNeeds)("the engine and BuildKit make the same image", () => {
  let settings: string;
  let home: string;

  beforeAll(async () => {
    const bases = await serveScenarioBases();
    settings = join(temporaryFolder(), "registries.yaml");
    writeFileSync(settings, `docker.io:\n  mirrors: [http://${bases.address}]\n`);
    home = temporaryFolder();
  });

  it.concurrent.each([...scenarios, ...runScenarios])("of $name", async (scenario) => {
    const folder = prepare(scenario);
    const env = { STRAKE_REGISTRIES: settings };
    const ours = join(temporaryFolder(), "ours.tar");
    const built = await runStrake(["build", "-o", `type=docker,dest=${ours}`], { cwd: folder, env, home });
    expect(built.stderr).not.toMatch(/^build\.ts:/m);
    expect(built.status).toBe(0);

    const printed = await runStrake(["print", "--to", "dockerfile"], { cwd: folder, env, home });
    expect(printed.status, printed.stderr).toBe(0);
    // The frontend that the line names cannot be fetched; this BuildKit's own is as new.
    const text = printed.stdout.replace(/^# syntax=.*\n/, "");
    const dockerfileFolder = temporaryFolder();
    mkdirSync(dockerfileFolder, { recursive: true });
    writeFileSync(join(dockerfileFolder, "Dockerfile"), text);
    const destination = join(temporaryFolder(), "theirs.tar");
    const theirs = await buildDockerfile(folder, { destination, dockerfileFolder });
    expect(await compareImages(ours, theirs), text).toEqual(differences[scenario.name] ?? []);
  });
});

function prepare(scenario: Scenario): string {
  const text = `${imports}${scenario.before ?? ""}\nexport const target = ${scenario.definition};\n`;
  // Both builders see the same context, so the build file is left out of it by both.
  const ignore = "build.ts\nstrake.lock\n.dockerignore\n";
  const folder = project({ ".dockerignore": ignore, ...scenario.files, "build.ts": text });
  for (const path of scenario.emptyFolders ?? []) mkdirSync(join(folder, path), { recursive: true });
  for (const [path, target] of Object.entries(scenario.links ?? {})) symlinkSync(target, join(folder, path));
  return folder;
}
