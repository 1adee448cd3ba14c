import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openImageFile, verifyImage } from "@strake/oci";
import { expect, it } from "vitest";
import { storeFaults } from "../support/folder-state.ts";
import { imports, project } from "../support/project.ts";
import { runStrake } from "../support/run-strake.ts";
import { strakeBin } from "../support/strake-bin.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

function severalFiles(megabytes: number): string {
  const files = Array.from({ length: 20 }, (_, at) => [`data/file-${at}`, randomBytes((megabytes << 20) / 20)]);
  return project({
    "build.ts": `${imports}export const app = image().from("scratch").copy("data", "/data/").write("/a", "b");\n`,
    ...Object.fromEntries(files),
  });
}

it("four builds at once in one store all succeed and make the same image", async () => {
  const cwd = severalFiles(20);
  const home = temporaryFolder();
  const builds = await Promise.all(
    [1, 2, 3, 4].map((at) => runStrake(["build", "-q", "-o", `type=oci,dest=${at}.tar`], { cwd, home })),
  );
  expect(builds.map(({ status, stderr }) => ({ status, stderr }))).toEqual(Array(4).fill({ status: 0, stderr: "" }));
  expect(new Set(builds.map(({ stdout }) => stdout)).size).toBe(1);
  const kept = await Promise.all([1, 2, 3, 4].map(() => runStrake(["build", "-q"], { cwd, home })));
  expect(kept.map(({ stdout }) => stdout)).toEqual(builds.map(({ stdout }) => stdout));
  expect(storeFaults(home)).toEqual([]);
});

it("a build that is killed at any moment loses nothing but itself", async () => {
  const cwd = severalFiles(60);
  const home = temporaryFolder();
  const kill = async (args: readonly string[], isTime: () => boolean | Promise<boolean>) => {
    const child = spawn(process.execPath, [strakeBin, "build", "-q", ...args], {
      cwd,
      env: { ...process.env, CI: undefined, STRAKE_HOME: home, NODE_EXTRA_CA_CERTS: undefined },
      stdio: "ignore",
    });
    const ended = once(child, "exit");
    while (child.exitCode === null && !(await isTime())) await sleep(1);
    child.kill("SIGKILL");
    await ended;
  };
  const blobs = join(home, "blobs/sha256");
  for (const milliseconds of [60, 120, 180]) await kill([], () => sleep(milliseconds, true));
  await kill([], () => existsSync(blobs) && readdirSync(blobs).length > 0);
  await kill(["-o", "type=docker,dest=out.tar"], () => readdirSync(cwd).some((name) => name.includes("out.tar")));
  // It may have been written whole before the kill, but never in part.
  if (existsSync(join(cwd, "out.tar"))) await expectWhole(join(cwd, "out.tar"));

  const here = await runStrake(["build", "-q", "-o", "type=docker,dest=out.tar"], { cwd, home });
  const fresh = await runStrake(["build", "-q"], { cwd });
  expect(here, here.stderr).toMatchObject({ status: 0, stdout: fresh.stdout });
  await expectWhole(join(cwd, "out.tar"));
  expect(await runStrake(["build", "-q"], { cwd, home })).toMatchObject({ status: 0, stdout: fresh.stdout });
  expect(storeFaults(home).filter((name) => !name.startsWith("."))).toEqual([]);
});

async function expectWhole(path: string): Promise<void> {
  const [image] = (await openImageFile(path)).images;
  expect(await verifyImage(await image!.image())).toEqual([]);
}
