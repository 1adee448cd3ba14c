import { spawn } from "node:child_process";
import { createWriteStream, existsSync, readdirSync } from "node:fs";
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
  const home = temporaryFolder();
  const { status, stderr } = await interrupted(["build", "-o", "type=docker,dest=big.tar"], cwd, home);
  expect({ status, stderr }).toEqual({ status: 130, stderr: expect.stringMatching(/strake: interrupted\n$/) });
  expect(readdirSync(cwd).sort()).toEqual(["big", "build.ts"]);
  const stored = await interrupted(["build"], cwd, home);
  expect(stored.status).toBe(130);
  expect(storeFaults(home)).toEqual([]);
  expect(existsSync(join(home, "images"))).toBe(false);
  expect(await runStrake(["build", "-o", "type=docker,dest=big.tar"], { cwd, home })).toMatchObject({ status: 0 });
});

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
