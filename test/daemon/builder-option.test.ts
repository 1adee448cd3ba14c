import { readFileSync } from "node:fs";
import { join } from "node:path";
import { BuildkitClient } from "@strake/daemon";
import { expect, it, onTestFinished } from "vitest";
import { baseNeeds, serveBases } from "../support/base-images.ts";
import { buildkitDaemon, buildkitNeeds } from "../support/buildkit-daemon.ts";
import { compareImages } from "../support/compare-images.ts";
import { judgeNeeds } from "../support/image-files.ts";
import { need } from "../support/need.ts";
import { project } from "../support/project.ts";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

need(
  ...buildkitNeeds,
  ...baseNeeds,
  ...judgeNeeds,
  "crun",
)("strake build --builder", () => {
  it("makes the same files and config with BuildKit as without, under one id, and shows its steps", async () => {
    const [{ address }, bases] = await Promise.all([buildkitDaemon(), serveBases("busybox")]);
    const text = `import { image } from "strake";
export const app = image().from("${bases.address}/library/busybox").copy("a.txt", "/a").run("cp /a /b; rm /etc/group").env({ X: "y" });\n`;
    const cwd = project({ "build.ts": text, "a.txt": "a\n" });
    const home = temporaryFolder();
    const build = (name: string, ...args: string[]) =>
      runStrake(["build", "--progress", "plain", "-o", `type=docker,dest=${join(cwd, name)}`, ...args], { cwd, home });
    const theirs = await build("theirs.tar", "--builder", address);
    expect(theirs.status, theirs.stderr).toBe(0);
    expect(theirs.stderr).toContain("RUN cp /a /b; rm /etc/group");
    const ours = await build("ours.tar");
    expect(ours.status, ours.stderr).toBe(0);
    expect(await compareImages(join(cwd, "ours.tar"), join(cwd, "theirs.tar"))).toEqual([]);
    const stored = await runStrake(["build", "-q", "--builder", address], { cwd, home });
    expect(theirs.stdout).toContain(stored.stdout.trim());
  });

  it("is named in the metadata, with what the daemon calls the build", async () => {
    const { address } = await buildkitDaemon();
    const settings = project({ "builders.yaml": `near:\n  address: ${address}\n` });
    const cwd = project({
      "build.ts": `import { image } from "strake";\nexport const app = image().from("scratch").write("/n", "${Date.now()}");\n`,
    });
    const client = await BuildkitClient.connect(address);
    onTestFinished(() => client.close());
    const builders = { near: "near", [address]: encodeURIComponent(address) };
    for (const [builder, written] of Object.entries(builders)) {
      const platforms = builder === "near" ? ["linux/amd64"] : ["linux/amd64", "linux/arm64"];
      const out = [
        "--platform",
        platforms.join(","),
        "-o",
        "type=oci,tar=false,dest=out",
        "--metadata-file",
        "meta.json",
      ];
      const built = await runStrake(["build", "--builder", builder, ...out], {
        cwd,
        env: { STRAKE_BUILDERS: join(settings, "builders.yaml") },
      });
      expect(built.status, built.stderr).toBe(0);
      const { app } = JSON.parse(readFileSync(join(cwd, "meta.json"), "utf8"));
      const refs: (string | undefined)[] = [];
      for await (const { record } of client.buildHistory({ EarlyExit: true })) refs.push(record?.Ref);
      for (const suffix of platforms.length === 1 ? [""] : platforms.map((platform) => `/${platform}`)) {
        expect(app[`strake.builder${suffix}`]).toBe(builder);
        const [name, node, ref] = app[`buildx.build.ref${suffix}`].split("/");
        expect([name, node]).toEqual([written, written]);
        expect(refs).toContain(ref);
      }
    }
  });

  it("tells an image of the other one that is given out, and not of another of the same plan", async () => {
    const [{ address }, bases] = await Promise.all([buildkitDaemon(), serveBases("busybox")]);
    const text = `import { image } from "strake";
export const base = image().from("${bases.address}/library/busybox").run("cat /proc/sys/kernel/random/uuid > /made");
export const user = image().from("scratch").env({ BASE: base.id });\n`;
    const cwd = project({ "build.ts": text });
    const home = temporaryFolder();
    for (const builders of [[address], [address, "engine"]]) {
      const options = builders.flatMap((builder) => ["--builder", builder]);
      const { status, stdout, stderr } = await runStrake(["build", "--no-cache", ...options], { cwd, home });
      expect(status, stderr).toBe(0);
      const id = /^base (sha256:[0-9a-f]{64})$/m.exec(stdout)?.[1];
      const [user] = JSON.parse((await runStrake(["inspect", "user"], { cwd, home })).stdout);
      expect(user.Config.Env).toContain(`BASE=${id}`);
    }
  });

  it("has layers packed as outputs say", async () => {
    const { address } = await buildkitDaemon();
    const cwd = project({
      "build.ts": `import { image } from "strake";\nexport const app = image().from("scratch").write("/a", "a");\n`,
    });
    const build = (...args: string[]) => runStrake(["build", "--builder", address, ...args], { cwd });
    const out = "type=oci,dest=out,tar=false";
    const { status, stderr } = await build("-o", `${out},compression=zstd,compression-level=3,force-compression=true`);
    expect(status, stderr).toBe(0);
    const read = (digest: string) => JSON.parse(readFileSync(join(cwd, "out/blobs", digest.replace(":", "/")), "utf8"));
    const { manifests } = JSON.parse(readFileSync(join(cwd, "out/index.json"), "utf8"));
    expect(read(manifests[0].digest).layers).toMatchObject([{ mediaType: expect.stringMatching(/tar\+zstd$/) }]);
    const two = await build("-o", `${out},compression=zstd`, "-o", out);
    expect([two.status, two.stderr]).toEqual([2, expect.stringContaining("packs the layers of an image in one way")]);
  });

  it("tells of steps from their beginning to their end, and of nothing before", async () => {
    const { address } = await buildkitDaemon();
    const cwd = project({
      "build.ts": `import { image } from "strake";\nexport const app = image().from("scratch").copy("a.txt", "/a");\n`,
      "a.txt": `${Date.now()}`,
    });
    const { status, stderr } = await runStrake(["build", "--builder", address, "--progress", "json"], { cwd });
    expect(status, stderr).toBe(0);
    const events = stderr
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { type: string; step?: string });
    const steps = new Set(events.flatMap(({ step }) => step ?? []));
    expect(steps.size).toBeGreaterThan(0);
    for (const step of steps) {
      const types = events.filter((event) => event.step === step).map(({ type }) => type);
      expect([types[0], types.at(-1)]).toEqual(["started", "finished"]);
      expect(types.filter((type) => type === "started" || type === "finished")).toHaveLength(2);
    }
  });

  it("says which options mean nothing to a daemon", async () => {
    const { address } = await buildkitDaemon();
    const cwd = project({
      "build.ts": `import { image } from "strake";\nexport const app = image().from("scratch").write("/a", "a");\n`,
    });
    const args = ["--progress", "plain", "--jobs", "2", "--on-failure", "shell", "--isolation", "runc"];
    const { status, stderr } = await runStrake(["build", "--builder", address, ...args], { cwd });
    expect(status, stderr).toBe(0);
    expect(stderr.match(/^--\S+ has no effect on a daemon/gm)).toEqual([
      "--isolation has no effect on a daemon",
      "--jobs has no effect on a daemon",
      "--on-failure has no effect on a daemon",
    ]);
  });

  it("names the address of a builder that is not there", async () => {
    const cwd = project({
      "build.ts": `import { image } from "strake";\nexport const app = image().from("scratch");\n`,
    });
    const { status, stderr } = await runStrake(["build", "--builder", "unix:///no/such.sock"], { cwd });
    expect(status).toBe(1);
    expect(stderr).toContain("/no/such.sock");
  });
});
