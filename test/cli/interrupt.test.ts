import { spawn } from "node:child_process";
import { createWriteStream, existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { storeFaults } from "../support/folder-state.ts";
import { imports, project } from "../support/project.ts";
import { runStrake } from "../support/run-strake.ts";
import { strakeBin } from "../support/strake-bin.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

it("leaves nothing half written after Ctrl-C, and the next build succeeds", async () => {
  const cwd = project({
    "build.ts": `${imports}export const big = image().from("scratch").copy("big", "/big");\n`,
  });
  await makeBigFile(join(cwd, "big"), 1000);
  const written = await interruptedInTime(["build", "-o", "type=docker,dest=big.tar"], cwd);
  expect(written.stderr).toMatch(/strake: interrupted\n$/);
  expect(readdirSync(cwd).sort()).toEqual(["big", "build.ts"]);
  const { home } = await interruptedInTime(["build"], cwd);
  expect(storeFaults(home)).toEqual([]);
  expect(existsSync(join(home, "images"))).toBe(false);
  expect(await runStrake(["build", "-o", "type=docker,dest=big.tar"], { cwd, home })).toMatchObject({ status: 0 });
});

/** Interrupts a build in an empty store; on a busy machine one may be done before it hears of that, and another is tried. */
async function interruptedInTime(args: readonly string[], cwd: string) {
  for (let tries = 1; ; tries++) {
    const home = temporaryFolder();
    const { status, stderr } = await interrupted(args, cwd, home);
    if (status === 130) return { home, stderr };
    if (status !== 0 || tries === 5) throw new Error(`a build that was interrupted ended with ${status}\n${stderr}`);
    rmSync(join(cwd, "big.tar"), { force: true });
  }
}

/** Starts a build and interrupts it as soon as bytes are being written. */
async function interrupted(args: readonly string[], cwd: string, home: string) {
  const child = spawn(process.execPath, [strakeBin, ...args, "--progress", "plain"], {
    cwd,
    env: { ...process.env, CI: undefined, STRAKE_HOME: home, NODE_EXTRA_CA_CERTS: undefined },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  while (child.exitCode === null && !isWriting(cwd) && !isWriting(join(home, "blobs/sha256"))) await sleep(2);
  child.kill("SIGINT");
  return { status: await ended, stderr };
}

function isWriting(folder: string): boolean {
  return existsSync(folder) && readdirSync(folder).some((name) => /^\.|\.tmp$/.test(name));
}

async function makeBigFile(path: string, megabytes: number): Promise<void> {
  const stream = createWriteStream(path);
  const chunk = Buffer.alloc(1 << 20, "strake ");
  for (let written = 0; written < megabytes; written++) {
    chunk.writeUInt32LE(written);
    if (!stream.write(Buffer.from(chunk))) await new Promise<void>((resolve) => stream.once("drain", () => resolve()));
  }
  await new Promise<void>((resolve) => stream.end(resolve));
}
