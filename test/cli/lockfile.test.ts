import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sampleImage, startRegistryServer } from "@strake/registry/server";
import { expect, it } from "vitest";
import { project } from "../support/project.ts";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const zeroes = Buffer.alloc(10240);

it("pins what names stood for, and later builds stand on the same", async () => {
  const server = await startRegistryServer();
  try {
    const first = await server.put("team/base", "1", sampleImage([zeroes]));
    const cwd = project({
      "build.ts": `import { image } from "strake";
export const app = image().from("${server.address}/team/base:1").env({ A: "b" });\n`,
    });
    const lock = join(cwd, "strake.lock");
    const frozen = await runStrake(["build", "--frozen-lockfile"], { cwd });
    expect(frozen.status).toBe(1);
    expect(frozen.stderr).toContain(`build.ts:2:28  strake.lock does not pin ${server.address}/team/base:1`);
    // For the platform of this machine, wherever it is mended.
    expect(frozen.stderr).toMatch(/Run "strake update --platform linux\/\w+ \S+:1", and commit strake.lock/);
    expect(existsSync(lock)).toBe(false);

    const built = await runStrake(["build"], { cwd });
    expect(built, built.stderr).toMatchObject({ status: 0 });
    const pinned = readFileSync(lock, "utf8");
    expect(pinned).toMatch(new RegExp(`^${server.address}/team/base:1 linux/\\w+: ${first}$`, "m"));

    const second = await server.put("team/base", "1", sampleImage([zeroes, zeroes]));
    const again = await runStrake(["build", "--frozen-lockfile"], { cwd, home: temporaryFolder() });
    expect(again.stdout).toBe(built.stdout);
    expect(readFileSync(lock, "utf8")).toBe(pinned);

    const pulled = await runStrake(["build", "--pull"], { cwd });
    expect(pulled.stdout).not.toBe(built.stdout);
    expect(readFileSync(lock, "utf8")).toContain(second);
  } finally {
    await server.close();
  }
});

it("is refused with its line when it is broken, and is not written for images without names", async () => {
  const cwd = project({ "build.ts": `import { image } from "strake";\nexport const a = image().from("scratch");\n` });
  await runStrake(["build"], { cwd });
  expect(existsSync(join(cwd, "strake.lock"))).toBe(false);
  writeFileSync(join(cwd, "strake.lock"), "# fine\nnot a pin\n");
  const { status, stderr } = await runStrake(["build"], { cwd });
  expect(status).toBe(1);
  expect(stderr).toContain("strake.lock:2");
  rmSync(join(cwd, "strake.lock"));
});

it("is frozen in CI, and everything that would change is told at once", async () => {
  const server = await startRegistryServer();
  try {
    for (const tag of ["1", "2"]) await server.put("team/base", tag, sampleImage([Buffer.from(tag)]));
    const base = `${server.address}/team/base`;
    const cwd = project({
      "build.ts": `import { image } from "strake";
const build = image().from("${base}:2").platforms("linux/amd64");
export const app = image().from("${base}:1").copy("/x", "/x", { from: build }).platforms("linux/amd64");
export const other = image().from("${base}:1").platforms("linux/amd64");\n`,
    });
    const lock = join(cwd, "strake.lock");
    const home = temporaryFolder();
    const env = { CI: "true" };
    const missing = await runStrake(["build", "--progress", "plain"], { cwd, env, home });
    expect(missing.status).toBe(1);
    expect(missing.stderr).toContain("build.ts:3:28  strake.lock is frozen, and this build would change 2 of its pins");
    expect(missing.stderr).toContain(
      `  + ${base}:1 linux/amd64  (not pinned)\n  + ${base}:2 linux/amd64  (not pinned)\n`,
    );
    expect(missing.stderr).toContain(`Run "strake update ${base}:1 ${base}:2", and commit strake.lock.`);
    expect(missing.stderr).toContain("--no-frozen-lockfile");
    expect(existsSync(lock)).toBe(false);
    expect(server.requests).toEqual([]);

    const planned = await runStrake(["plan", "other"], { cwd, env: { CI: "1" }, home });
    expect(planned.stderr).toContain(`strake.lock does not pin ${base}:1 for linux/amd64`);
    for (const CI of ["", "0", "false"]) {
      expect((await runStrake(["plan", "other"], { cwd, env: { CI }, home })).status).toBe(0);
    }

    const built = await runStrake(["build", "other", "--no-frozen-lockfile"], { cwd, env, home });
    expect(built.status, built.stderr).toBe(0);
    const pinned = readFileSync(lock, "utf8");
    expect((await runStrake(["build", "other"], { cwd, env, home })).status).toBe(0);

    const before = /sha256:\w+/.exec(pinned)?.[0];
    const after = await server.put("team/base", "1", sampleImage([Buffer.from("new")]));
    const changed = await runStrake(["build", "other", "--pull"], { cwd, env, home });
    expect(changed.status).toBe(1);
    expect(changed.stderr).toContain(`- ${base}:1 linux/amd64: ${before}\n  + ${base}:1 linux/amd64: ${after}\n`);
    expect(readFileSync(lock, "utf8")).toBe(pinned);
  } finally {
    await server.close();
  }
});

it("is not needed for a Dockerfile in CI, and holds for one that has it", async () => {
  const server = await startRegistryServer();
  try {
    await server.put("team/base", "1", sampleImage([zeroes]));
    const cwd = project({ Dockerfile: `FROM ${server.address}/team/base:1\nENV A=b\n` });
    const env = { CI: "true" };
    expect(await runStrake(["build"], { cwd, env })).toMatchObject({ status: 0 });
    writeFileSync(join(cwd, "strake.lock"), "# empty\n");
    const { status, stderr } = await runStrake(["build"], { cwd, env });
    expect(status).toBe(1);
    expect(stderr).toContain(`strake.lock does not pin ${server.address}/team/base:1`);
  } finally {
    await server.close();
  }
});
