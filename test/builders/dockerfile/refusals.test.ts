import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { buildDockerfile, buildkitNeeds } from "../../support/buildkit-daemon.ts";
import { need } from "../../support/need.ts";
import { project } from "../../support/project.ts";
import { runStrake } from "../../support/run-strake.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { refusals } from "./refusals.ts";
import { serveScenarioBases } from "./serve-scenario-bases.ts";

const files = { a: "a\n", "dir/sub/f": "f\n", "left-out": "l\n", ".dockerignore": "left-out\n" };

need(...buildkitNeeds)("strake build -f Dockerfile refuses what BuildKit refuses", () => {
  let settings: string;
  let home: string;

  beforeAll(async () => {
    const bases = await serveScenarioBases();
    settings = join(temporaryFolder(), "registries.yaml");
    writeFileSync(settings, `docker.io:\n  mirrors: [http://${bases.address}]\n`);
    home = temporaryFolder();
  });

  it.concurrent.each(refusals)("as $name", async ({ text, target, theirs, ours = theirs, status = 1 }) => {
    const folder = project({ ...files, Dockerfile: text });
    const wanted = target === undefined ? {} : { target };
    const refused = await buildDockerfile(folder, { destination: join(folder, "theirs.tar"), ...wanted }).then(
      () => "BuildKit builds it",
      (error: unknown) => String(error),
    );
    expect(refused).toContain(theirs);
    const options = target === undefined ? [] : ["--target", target];
    const built = await runStrake(["build", ".", "-o", `type=docker,dest=${join(folder, "ours.tar")}`, ...options], {
      cwd: folder,
      env: { STRAKE_REGISTRIES: settings },
      home,
    });
    expect(built.stderr, text).toContain(ours);
    expect(built.status).toBe(status);
  });
});
