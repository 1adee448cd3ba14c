import { createWriteStream, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { BuildkitBuilder, BuildkitClient } from "@strake/daemon";
import { MemoryBlobStore } from "@strake/oci";
import { afterAll, beforeAll, expect, it } from "vitest";
import { serveBases } from "../../support/base-images.ts";
import { buildkitDaemon, buildkitNeeds } from "../../support/buildkit-daemon.ts";
import { compareImages } from "../../support/compare-images.ts";
import { judgeNeeds } from "../../support/image-files.ts";
import { need } from "../../support/need.ts";
import { runStrake } from "../../support/run-strake.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { scenarios } from "../scenarios.ts";
import { planOf, prepareScenario } from "./prepare-scenario.ts";

need(...buildkitNeeds, ...judgeNeeds)("the engine and LLB make the same image", () => {
  let settings: string;
  let home: string;
  let client: BuildkitClient;

  beforeAll(async () => {
    const bases = await serveBases("busybox", "node:24-slim");
    settings = join(temporaryFolder(), "registries.yaml");
    writeFileSync(settings, `docker.io:\n  mirrors: [http://${bases.address}]\n`);
    home = temporaryFolder();
    client = await BuildkitClient.connect((await buildkitDaemon()).address);
  });

  afterAll(() => client?.close());

  it.concurrent.each(scenarios)("of $name", async (scenario) => {
    const folder = prepareScenario(scenario);
    const env = { STRAKE_REGISTRIES: settings };
    const ours = join(temporaryFolder(), "ours.tar");
    const built = await runStrake(["build", "-o", `type=docker,dest=${ours}`], { cwd: folder, env, home });
    expect(built.status, built.stderr).toBe(0);

    const { plan, locals } = await planOf(folder, { env, home });
    const theirs = join(temporaryFolder(), "theirs.tar");
    const builder = new BuildkitBuilder({ client, blobs: new MemoryBlobStore() });
    const write = (content: AsyncIterable<Uint8Array>) => pipeline(Readable.from(content), createWriteStream(theirs));
    const target = { type: "stream", write } as const;
    await builder.export(plan, { locals, steps: [] }, [{ type: "docker", target }]);
    expect(await compareImages(ours, theirs)).toEqual([]);
  });
});
