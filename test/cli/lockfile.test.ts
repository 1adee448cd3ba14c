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
