import { join } from "node:path";
import * as zlib from "node:zlib";
import { beforeAll, expect, it } from "vitest";
import { dockerDaemon, dockerNeeds } from "../support/docker-daemon.ts";
import { type ImageConfigDocument, imageConfig, imageFiles, judgeNeeds } from "../support/image-files.ts";
import { need } from "../support/need.ts";
import { siteProject } from "../support/project.ts";
import { runOrThrow } from "../support/run-program.ts";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const cwd = siteProject();
const home = temporaryFolder();
let id = "";

async function build(output: string): Promise<void> {
  const { status, stdout, stderr } = await runStrake(["build", "-q", "-t", "written:1", "-o", output], { cwd, home });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  id = stdout.trim();
}

const outputs: readonly (readonly [string, string])[] = [
  ["a docker tar", "type=docker,dest=docker.tar"],
  ["an OCI tar", "type=oci,dest=oci.tar"],
  ["an OCI tar without compression", "type=oci,dest=plain.tar,compression=uncompressed"],
  ["an OCI tar of the least compression", "type=oci,dest=fast.tar,compression=gzip,compression-level=1"],
  ["an OCI layout", "type=oci,tar=false,dest=layout"],
  ["an OCI layout without compression", "type=oci,tar=false,dest=plain,compression=uncompressed"],
];

need(...judgeNeeds)("skopeo and umoci", () => {
  it.each(outputs)("read %s", async (_, output) => {
    await build(output);
    const { files, config } = await imageFiles(join(cwd, pathOf(output)));
    expect(files.filter(({ type }) => type === "file").map(({ path, mode }) => [path, mode])).toEqual([
      ["/etc/passwd", "0644"],
      ["/srv/index.html", "0644"],
      ["/srv/start.sh", "0755"],
      ["/srv/style.css", "0644"],
    ]);
    expectConfig(config);
  });

  it("read the platforms of an OCI index", async () => {
    await runStrake(["build", "--platform", "linux/amd64,linux/arm64", "-o", "type=oci,tar=false,dest=both"], { cwd });
    for (const architecture of ["amd64", "arm64"]) {
      const inspect = ["--override-arch", architecture, "inspect", "--config", `oci:${join(cwd, "both")}`];
      expect(JSON.parse(await runOrThrow("skopeo", inspect))).toMatchObject({ architecture, os: "linux" });
    }
  });
});

need(...dockerNeeds)("docker load", () => {
  beforeAll(async () => {
    await dockerDaemon();
  });

  it("takes a docker tar, keeps its id and can export its files", async () => {
    await build("type=docker,dest=load.tar");
    const { docker } = await dockerDaemon();
    expect(await docker(["load", "-i", join(cwd, "load.tar")])).toContain("Loaded image: written:1");
    const [inspected] = JSON.parse(await docker(["image", "inspect", "written:1"]));
    expect(inspected.Id).toBe(id);
    expect(inspected.Config).toMatchObject({ Cmd: ["/srv/start.sh"], Labels: { team: "web" } });
    const container = (await docker(["create", "written:1"])).trim();
    await docker(["cp", `${container}:/srv/style.css`, join(cwd, "copied.css")]);
    await docker(["rm", container]);
    const saved = join(cwd, "saved.tar");
    await docker(["save", "-o", saved, "written:1"]);
    expect((await imageConfig(saved)).rootfs).toEqual((await imageConfig(join(cwd, "load.tar"))).rootfs);
  });
});

it("zstd layers are written where Node.js has zstd, and elsewhere it says which versions have", async () => {
  const flags = ["build", "-q", "-o", "type=oci,dest=zstd.tar,compression=zstd"];
  const { status, stderr } = await runStrake(flags, { cwd, home });
  if ("createZstdCompress" in zlib) return expect(status).toBe(0);
  expect(status).not.toBe(0);
  expect(stderr).toMatch(/zstd.*Node/s);
});

function expectConfig(config: ImageConfigDocument): void {
  expect(config.config).toMatchObject({ Cmd: ["/srv/start.sh"], Labels: { team: "web" } });
  expect(config.config?.Env).toContain("MODE=production");
}

function pathOf(output: string): string {
  return /dest=([^,]+)/.exec(output)?.[1] ?? "";
}
