import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { buildkitDaemon } from "../support/buildkit-daemon.ts";
import { need } from "../support/need.ts";
import { project } from "../support/project.ts";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { builderNeeds } from "./compare-builders.ts";

need(...builderNeeds)("named contexts", () => {
  const cwd = project({
    "base/Dockerfile": "FROM scratch\nENV FROM_LAYOUT=layout\nONBUILD LABEL triggered=yes\nCOPY file /\n",
    "base/file": "1\n",
    layout: `FROM mine
ENV SEEN=$FROM_LAYOUT
COPY --from=mine /file /copied
`,
    stages: `FROM scratch AS one
ENV STAGE=one
FROM scratch AS two
ENV STAGE=two
COPY base/file /two
FROM one
ENV SEEN=$STAGE
COPY --from=named /two /
`,
  });
  const home = temporaryFolder();
  let digest: string;

  beforeAll(async () => {
    const args = ["-q", "-t", "base:v1", "-o", "type=oci,tar=false,dest=image"];
    const { status, stderr } = await runStrake(["build", ...args, "base"], { cwd, home });
    expect(status, stderr).toBe(0);
    digest = JSON.parse(readFileSync(join(cwd, "image", "index.json"), "utf8")).manifests[0].digest;
  });

  const build = (file: string, contexts: readonly string[], ...args: readonly string[]) =>
    runStrake(["build", "-q", "-f", file, ...contexts.flatMap((each) => ["--build-context", each]), ...args, "."], {
      cwd,
      home,
    });

  it("are folders, and never ones that are not there", async () => {
    const { address } = await buildkitDaemon();
    for (const builder of ["engine", address]) {
      const { status, stderr } = await build("layout", ["mine=nowhere"], "--builder", builder);
      expect([status, stderr]).toEqual([
        1,
        expect.stringMatching(/^layout:1:1 .*(no folder .*\/nowhere|\/nowhere is not there)$/m),
      ]);
    }
  });

  it("are images of layouts, with what they leave to those that stand on them", async () => {
    const { address } = await buildkitDaemon();
    const here = await build("layout", ["mine=oci-layout://image:v1"]);
    expect([here.status, here.stderr]).toEqual([0, ""]);
    const config = await configOf(here.stdout.trim());
    expect(config).toMatchObject({ Labels: { triggered: "yes" } });
    expect(config.Env).toContain("SEEN=layout");
    const there = await build("layout", ["mine=oci-layout://image:v1"], "--builder", address);
    expect([there.status, there.stderr]).toEqual([0, ""]);
    expect(await configOf(there.stdout.trim())).toEqual(await configOf(here.stdout.trim()));
    const byDigest = await build("layout", [`mine=oci-layout://image:other@${digest}`]);
    expect([byDigest.stdout, byDigest.stderr]).toEqual([here.stdout, ""]);
    const missing = await build("layout", ["mine=oci-layout://image:v2"]);
    expect(missing.stderr).toContain('has no image "v2"');
  });

  it("are stages of the file, in the place of names and of other stages", async () => {
    const { address } = await buildkitDaemon();
    const contexts = ["named=target:two", "one=target:two"];
    const here = await build("stages", contexts);
    expect([here.status, here.stderr]).toEqual([0, ""]);
    expect((await configOf(here.stdout.trim())).Env).toContain("SEEN=two");
    const there = await build("stages", contexts, "--builder", address);
    expect([there.status, there.stderr]).toEqual([0, ""]);
    expect(await configOf(there.stdout.trim())).toEqual(await configOf(here.stdout.trim()));
  });

  it("that are no stage, or need themselves, are mistakes of the request", async () => {
    const none = await build("stages", ["named=target:three"]);
    expect(none.stderr).toContain("the context target:three is no stage");
    const itself = await build("stages", ["named=target:two", "two=target:2"]);
    expect(itself.stderr).toContain("needs itself");
  });

  async function configOf(id: string): Promise<{ Env?: string[]; Labels?: Record<string, string> }> {
    const { stdout } = await runStrake(["inspect", "--format", "{{json .Config}}", id], { cwd, home });
    return JSON.parse(stdout);
  }
});
