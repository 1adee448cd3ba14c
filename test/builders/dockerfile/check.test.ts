import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { baseNeeds } from "../../support/base-images.ts";
import { buildkitDaemon, buildkitNeeds } from "../../support/buildkit-daemon.ts";
import { need } from "../../support/need.ts";
import { project } from "../../support/project.ts";
import { pushImage, registry } from "../../support/registry.ts";
import { runOrThrow } from "../../support/run-program.ts";
import { runStrake } from "../../support/run-strake.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { writeLayout } from "../../support/write-layout.ts";

const warned = 'FROM scratch as a\nCOPY a \\\n  /a\nENV TOKEN b\nFROM a\nCMD c\nCOPY <<E /x\n1\n2\nE\nCMD ["d"]\n';

need(
  ...buildkitNeeds,
  ...baseNeeds,
  "skopeo",
)("strake build --check says what BuildKit's check says", () => {
  let env: Readonly<Record<string, string>>;

  beforeAll(async () => {
    const bases = await registry();
    const settings = join(temporaryFolder(), "registries.yaml");
    writeFileSync(settings, `docker.io:\n  mirrors: [http://${bases.address}]\n`);
    env = { STRAKE_REGISTRIES: settings };
    const layout = temporaryFolder();
    const layer = { tar: join(temporaryFolder(), "layer.tar"), createdBy: "ADD" };
    await runOrThrow("tar", ["-cf", layer.tar, "-C", project({ file: "a" }), "file"]);
    // One that no machine of the tests is for, and that no index stands for.
    await writeLayout(layout, "latest", [{ architecture: "s390x", layers: [layer], config: { Env: ["VERSION=1"] } }]);
    await pushImage(bases, `oci:${layout}:latest`, "library/elsewhere:1");
  });

  it("of the same base in a build file", async () => {
    const text = 'import { image } from "strake";\nexport const app = image().from("elsewhere:1");\n';
    const { status, stdout } = await runStrake(["build", "--check"], { cwd: project({ "build.ts": text }), env });
    expect(status).toBe(1);
    expect(stdout).toMatch(/^WARNING: InvalidBaseImagePlatform\nBase image elsewhere:1 was pulled .*\nbuild.ts:2\n/m);
  });

  const foreign = "FROM elsewhere:1\nLABEL version=$VERSION other=$VERSIONS\nWORKDIR /x\n";
  it.each([warned, "FROM scratch\nLABEL a=b\n", foreign, `# check=skip=FromAsCasing\n${warned}`])(
    "of %j",
    async (text) => {
      const cwd = project({ Dockerfile: text, a: "a" });
      const { buildctl } = await buildkitDaemon();
      const theirs = await buildctl([
        ...["build", "--frontend=dockerfile.v0", "--local", `context=${cwd}`, "--local", `dockerfile=${cwd}`],
        ...["--opt", "requestid=frontend.lint"],
      ]);
      const { status, stdout } = await runStrake(["build", "--check"], { cwd, env });
      const [summary = "", ...ours] = stdout.split(/(?<=^Check complete.*\n)/m);
      const count = theirs.stdout.match(/^WARNING/gm)?.length ?? 0;
      expect(ours.join("")).toBe(theirs.stdout);
      expect(summary).toContain(count === 0 ? "no warnings found." : `${count} warning`);
      expect(status).toBe(count === 0 ? 0 : 1);
    },
  );
});

describe("strake build of a Dockerfile", () => {
  it("ends with BuildKit's warnings, and with none with -q", async () => {
    const cwd = project({ Dockerfile: warned, a: "a" });
    const { status, stderr } = await runStrake(["build", "."], { cwd });
    expect(status).toBe(0);
    expect(stderr).toContain("\n 5 warnings found (use --check to expand):\n - FromAsCasing: ");
    expect(stderr).toContain(
      ' - SecretsUsedInArgOrEnv: Do not use ARG or ENV instructions for sensitive data (ENV "TOKEN") (line 4)\n',
    );
    expect(await runStrake(["build", "-q", "."], { cwd })).toMatchObject({ status: 0, stderr: "" });
  });

  it("says nothing of stages that are not built", async () => {
    const cwd = project({ Dockerfile: "FROM scratch\nCMD a\nFROM scratch\nLABEL a=b\n" });
    expect((await runStrake(["build", "."], { cwd })).stderr).not.toContain("warning");
  });

  it("does not build where warnings are errors", async () => {
    const cwd = project({ Dockerfile: `# check=error=true\n${warned}`, a: "a" });
    const { status, stdout, stderr } = await runStrake(["build", "."], { cwd });
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toContain("lint violation found for rules: FromAsCasing, ");
    const skipped = await runStrake(["build", ".", "--build-arg", "BUILDKIT_DOCKERFILE_CHECK=skip=all"], { cwd });
    expect(skipped.status).toBe(0);
    const checked = await runStrake(["build", "--check"], { cwd });
    expect(checked.status).toBe(1);
    expect(checked.stdout).toContain("\nERROR: lint violation found for rules: ");
  });

  it("checks what cannot be built, as far as it can be read", async () => {
    const cwd = project({ Dockerfile: "FROM scratch as a\nCOPY --form=b a /\nCMD c\n" });
    const { status, stdout } = await runStrake(["build", "--check"], { cwd });
    expect(status).toBe(1);
    expect(stdout.match(/^(?:WARNING|ERROR): .*/gm)).toEqual([
      expect.stringContaining("FromAsCasing"),
      expect.stringContaining("JSONArgsRecommended"),
      "ERROR: unknown flag: --form (did you mean --from?)",
    ]);
    expect(stdout).toContain("\nDockerfile:2\n");
  });

  it("checks build files too", async () => {
    const cwd = project({
      "build.ts": 'import { image } from "strake";\nexport const a = image().from("scratch").cmd("a");\n',
    });
    const { status, stdout } = await runStrake(["build", "--call", "check"], { cwd });
    expect(status).toBe(1);
    expect(stdout).toContain("A list of arguments is recommended for cmd() to prevent");
    expect(stdout).toContain("\nbuild.ts:2\n");
  });
});
