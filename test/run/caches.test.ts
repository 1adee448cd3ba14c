import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { need } from "../support/need.ts";
import { runOrThrow } from "../support/run-program.ts";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { runNeeds, runProject } from "./run-project.ts";

need(...runNeeds)("caches of commands", () => {
  it("are listed, carried to another store, and removed", async () => {
    const cwd = await runProject(
      `export const fill = base.run("mkdir -p /c/d; echo kept > /c/d/f; ln /c/d/f /c/g; chown 7:8 /c/g; chmod 640 /c/g; ln -s d /c/l", { mounts: [cache("/c", { id: "tools" })] });
export const use = base.run("cat /c/l/f > /out; stat -c '%u %g %a %h' /c/g >> /out; cat /out", { mounts: [cache("/c", { id: "tools" })], cache: false });`,
    );
    const home = temporaryFolder();
    const other = temporaryFolder();
    expect((await runStrake(["build", "fill"], { cwd, home })).status).toBe(0);
    expect((await runStrake(["cache", "ls"], { cwd, home })).stdout).toMatch(/^tools +[0-9a-f]{24} +shared /m);
    const file = join(temporaryFolder(), "caches.tar.gz");
    expect((await runStrake(["cache", "export", file], { cwd, home })).status).toBe(0);
    const again = join(temporaryFolder(), "again.tar.gz");
    await runStrake(["cache", "export", again], { cwd, home });
    await runOrThrow("cmp", [file, again]);
    expect((await runStrake(["cache", "import", file], { cwd, home: other })).stdout).toBe("tools\n");
    const used = await runStrake(["build", "use", "--progress", "plain"], { cwd, home: other });
    expect(used.stderr).toMatch(/kept\n#\d+ 7 8 640 2$/m);
    expect((await runStrake(["cache", "rm", "tools"], { cwd, home: other })).stdout).toBe("tools\n");
    expect((await runStrake(["cache", "ls"], { cwd, home: other })).stdout.trim().split("\n")).toHaveLength(1);
    expect((await runStrake(["cache", "rm", "tools"], { cwd, home: other })).stderr).toContain('no cache "tools"');
  });

  it("are written to a file whole or not at all", async () => {
    const cwd = await runProject(
      `export const fill = base.run("dd if=/dev/zero of=/c/big bs=1M count=150", { mounts: [cache("/c", { id: "big" })] });`,
    );
    const home = temporaryFolder();
    expect((await runStrake(["build", "fill"], { cwd, home })).status).toBe(0);
    const folder = temporaryFolder();
    const file = join(folder, "caches.tar");
    const exportAndStop = async () => {
      writeFileSync(file, "what was there");
      const controller = new AbortController();
      let isRunning = true;
      const exporting = runStrake(["cache", "export", file], { cwd, home, signal: controller.signal }).finally(() => {
        isRunning = false;
      });
      while (isRunning && readdirSync(folder).length === 1) await new Promise((resolve) => setTimeout(resolve, 1));
      controller.abort();
      return (await exporting).status;
    };
    let status = await exportAndStop();
    // On a busy machine one may be done before it hears that it should stop.
    for (let tries = 1; status === 0 && tries < 5; tries++) status = await exportAndStop();
    expect(status).not.toBe(0);
    expect(readdirSync(folder)).toEqual(["caches.tar"]);
    expect(readFileSync(file, "utf8")).toBe("what was there");
    expect((await runStrake(["cache", "export", file], { cwd, home })).status).toBe(0);
    expect(statSync(file).size).toBeGreaterThan(150_000_000);
  });

  it("are not taken from what is no archive of them, nor out of their folder", async () => {
    const folder = temporaryFolder();
    const home = temporaryFolder();
    await runOrThrow("tar", ["-cf", join(folder, "other.tar"), "-C", "/etc", "hostname"], {});
    const refused = await runStrake(["cache", "import", join(folder, "other.tar")], { cwd: folder, home });
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain('the archive has "hostname", which is no cache');
  });
});
