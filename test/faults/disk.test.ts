import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { sampleImage, startRegistryServer } from "@strake/registry/server";
import { afterAll, expect, it } from "vitest";
import { folderState, storeFaults } from "../support/folder-state.ts";
import { need } from "../support/need.ts";
import { imports, project } from "../support/project.ts";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { expectOneMessage } from "./failed-build.ts";

const mounts: string[] = [];

afterAll(() => {
  for (const folder of mounts) execFileSync("umount", ["--lazy", folder]);
});

/** A folder on a file system of its own, so small that a few megabytes fill it. */
function smallDisk(): string {
  const folder = join(temporaryFolder(), "disk");
  mkdirSync(folder);
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "strake-test", folder]);
  mounts.push(folder);
  return folder;
}

function bigProject(): string {
  return project({
    "build.ts": `${imports}export const app = image().from("scratch").copy("big", "/big");\n`,
    big: randomBytes(6 << 20),
  });
}

need(
  "root",
  "linux",
  "mount",
)("a disk", () => {
  it("that is full under the store fails the build, and keeps nothing unfinished", async () => {
    const home = smallDisk();
    const result = await runStrake(["build", "--progress", "quiet"], { cwd: bigProject(), home });
    expectOneMessage(result);
    expect(result.stderr).toContain("Free some space");
    expect(result.stderr).toContain("STRAKE_HOME can name a folder on another disk");
    expect(storeFaults(home)).toEqual([]);
    expect(readdirSync(home)).not.toContain("images");
  });

  it.each(["docker", "oci", "tar", "local"])(
    "that is full under the output of type=%s leaves no output",
    async (type) => {
      const disk = smallDisk();
      const flags = ["-o", `type=${type},dest=${disk}/out`, "--progress", "quiet"];
      const result = await runStrake(["build", ...flags], { cwd: bigProject() });
      expectOneMessage(result);
      expect(result.stderr).toContain("space");
      expect(result.stderr).not.toContain("STRAKE_HOME");
      expect(readdirSync(disk)).toEqual([]);
    },
  );

  it("that is full leaves an output that was there before as it was", async () => {
    const disk = smallDisk();
    const cwd = project({ "build.ts": `${imports}export const app = image().from("scratch").write("/a", "b");\n` });
    const flags = ["-o", `type=docker,dest=${disk}/out.tar`, "--progress", "quiet"];
    expect(await runStrake(["build", ...flags], { cwd })).toMatchObject({ status: 0 });
    const before = folderState(disk);
    expectOneMessage(await runStrake(["build", ...flags], { cwd: bigProject() }));
    expect(folderState(disk)).toEqual(before);
  });

  it("that is full under the store fails a pull, names nothing, and the pull that follows is whole", async () => {
    const server = await startRegistryServer();
    await server.put("app", "1", sampleImage([randomBytes(6 << 20), randomBytes(10_000)]));
    const name = `${server.address}/app:1`;
    const home = smallDisk();
    const result = await runStrake(["pull", name], { home });
    expect(result.status).toBe(1);
    expect(result.stderr).toContain("Free some space");
    expect(result.stderr).not.toContain("mistake in strake");
    expect(storeFaults(home)).toEqual([]);
    expect((await runStrake(["images", "-q"], { home })).stdout).toBe("");
    execFileSync("mount", ["-o", "remount,size=20m", home]);
    const again = await runStrake(["pull", name], { home });
    expect(again.status, again.stderr).toBe(0);
    const saved = await runStrake(["save", "-o", join(temporaryFolder(), "a.tar"), name], { home });
    expect(saved.status, saved.stderr).toBe(0);
    await server.close();
  });

  it("that is read-only under the store fails a build with advice, and leaves plans alone", async () => {
    const home = smallDisk();
    const cwd = project({ "build.ts": `${imports}export const app = image().from("scratch").write("/a", "b");\n` });
    execFileSync("mount", ["-o", "remount,ro", home]);
    expect((await runStrake(["plan"], { cwd, home })).status).toBe(0);
    const result = await runStrake(["build", "--progress", "quiet"], { cwd, home });
    expectOneMessage(result);
    expect(result.stderr).toBe(
      `strake: the local store in ${home} cannot be written: its file system is read-only\n` +
        "  STRAKE_HOME can name a folder elsewhere for what strake keeps.\n",
    );
    expect((await runStrake(["images"], { home })).status).toBe(0);
  });
});
