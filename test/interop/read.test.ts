import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { baseImage, baseNeeds, serveBases } from "../support/base-images.ts";
import { compareFiles } from "../support/compare-images.ts";
import { imageFiles, judgeNeeds } from "../support/image-files.ts";
import { need } from "../support/need.ts";
import { imports, project } from "../support/project.ts";
import { runOrThrow } from "../support/run-program.ts";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const on = (base: string) => ({
  "build.ts": `${imports}export const app = image().from(${base}).write("/home/node/hello", "x", { chown: "node" });\n`,
});

/** Builds on a base and checks that nothing but the new file is new, whatever the base is kept in. */
async function expectBase(cwd: string, reference: string, env: Record<string, string> = {}): Promise<void> {
  const { status, stderr } = await runStrake(["build", "-q", "-o", "type=oci,tar=false,dest=app"], { cwd, env });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const [base, app] = await Promise.all([imageFiles(reference), imageFiles(join(cwd, "app"))]);
  const hello = app.files.find(({ path }) => path === "/home/node/hello");
  expect(hello).toMatchObject({ uid: 1000, gid: 1000, mode: "0644" });
  expect(
    compareFiles(
      base.files,
      app.files.filter((file) => file !== hello),
    ),
  ).toEqual([]);
}

need(...baseNeeds, ...judgeNeeds)("a base", () => {
  it("can be an OCI layout", async () => {
    const { layout, reference } = await baseImage("busybox");
    await expectBase(project(on(`ociLayout(${JSON.stringify(layout)})`)), reference);
  });

  it.each([
    ["an OCI tar", "oci-archive"],
    ["a docker tar", "docker-archive"],
  ])("can be %s that skopeo wrote", async (_, transport) => {
    const { reference } = await baseImage("busybox");
    const cwd = project(on(`archive("base.tar")`));
    await runOrThrow("skopeo", ["copy", "--quiet", reference, `${transport}:${join(cwd, "base.tar")}:base:1`]);
    await expectBase(cwd, reference);
  });

  it.each(["", "gzip", "xz"])(
    "can be a tar of a root file system that GNU tar wrote, packed with '%s'",
    async (packer) => {
      const { reference } = await baseImage("busybox");
      const cwd = project(on(`rootfs("base.tar")`));
      const work = temporaryFolder();
      await runOrThrow("skopeo", ["copy", "--quiet", reference, `oci:${work}/layout:1`]);
      await runOrThrow("umoci", ["unpack", "--image", `${work}/layout:1`, `${work}/bundle`]);
      const flags = ["--xattrs", "--xattrs-include=*", "--numeric-owner", ...(packer === "" ? [] : [`--${packer}`])];
      await runOrThrow("tar", [...flags, "-C", `${work}/bundle/rootfs`, "-cf", join(cwd, "base.tar"), "."]);
      await expectBase(cwd, reference);
    },
  );
});

need(
  ...baseNeeds,
  ...judgeNeeds,
  "docker-registry",
)("a base of a registry", () => {
  it("is found through a mirror, in a list of platforms, and once found needs no network", async () => {
    const { reference } = await baseImage("busybox");
    const { address } = await serveBases("busybox:latest");
    const cwd = project(on(`"busybox:latest"`));
    const env = { STRAKE_REGISTRIES: settings(cwd, address) };
    await expectBase(cwd, reference, env);
    expect(readFileSync(join(cwd, "strake.lock"), "utf8")).toContain("busybox:latest linux/");

    const home = temporaryFolder();
    const built = await runStrake(["build", "-q"], { cwd, home, env });
    // From here on nothing answers where the registry was.
    const away = { STRAKE_REGISTRIES: settings(cwd, "127.0.0.1:9") };
    expect(await runStrake(["build", "-q"], { cwd, home, env: away })).toMatchObject({
      status: 0,
      stdout: built.stdout,
    });
    const plan = await runStrake(["plan"], { cwd, home, env: away });
    expect(plan.stdout).toContain(`image id ${built.stdout.trim()}`);
  });
});

function settings(folder: string, mirror: string): string {
  const file = join(folder, `registries-${mirror.replace(":", "-")}.yaml`);
  writeFileSync(file, `docker.io:\n  mirrors: [http://${mirror}]\n`);
  return file;
}
