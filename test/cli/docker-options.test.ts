import { expect, it } from "vitest";
import { project } from "../support/project.ts";
import { runStrake } from "../support/run-strake.ts";

const build = (...args: string[]) =>
  runStrake(["build", ...args, "."], { cwd: project({ Dockerfile: "FROM scratch\nCOPY f /\n", f: "1\n" }) });

it("takes what scripts say to docker build and what is so anyway", async () => {
  const { status, stdout, stderr } = await build(
    ...["--rm", "--force-rm=true", "--rm=false", "--compress", "--pull=false", "--no-cache=false", "--quiet=true"],
    ...["--provenance=false", "--sbom", "false", "--isolation", "default", "--progress=tty", "-D"],
  );
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/^sha256:[0-9a-f]{64}\n$/);
});

it("says what has no effect", async () => {
  const { status, stderr } = await build("-q", "--cpu-shares", "512", "--squash", "--security-opt=seccomp=unconfined");
  expect(stderr.trimEnd().split("\n")).toEqual([
    "strake: --cpu-shares has no effect, as with BuildKit: --cpus limits commands",
    expect.stringMatching(/^strake: --security-opt has no effect, .*--allow security\.insecure/),
    expect.stringMatching(/^strake: --squash has no effect, .*one layer/),
  ]);
  expect(status).toBe(0);
});

it.each([
  [["--cgroup-parent", "x"], "strake: --cgroup-parent: commands run in a control group of their own"],
  [["--provenance=mode=max"], "strake: --attest type=provenance: attestations are made by a BuildKit"],
  [["--attest", "type=sbom"], "strake: --attest type=sbom: attestations are made by a BuildKit"],
  [["--rm=perhaps"], "strake: unknown option '--rm=perhaps'"],
  [["other"], "strake: a Dockerfile is built in one folder, not in other and ."],
])("refuses %j and says why", async (args, message) => {
  const { status, stderr } = await build(...args);
  expect([status, stderr]).toEqual([2, expect.stringContaining(message)]);
});
