import { readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startRegistryServer } from "@strake/registry/server";
import { expect, it } from "vitest";
import { imports, project } from "../support/project.ts";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** How often a prune meets two builds; more often where it was never let in, since then it has not been at the same time. */
const rounds = 12;
const mostRounds = 120;

function makeOld(folder: string): void {
  const long = Date.now() / 1000 - 30 * 86_400;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) utimesSync(join(entry.parentPath, entry.name), long, long);
  }
}

it("keeps what a build has used again, however old it is", async () => {
  const home = temporaryFolder();
  const cwd = project({
    "build.ts": `${imports}export const app = image().from("scratch").copy("a", "/a").copy("b", "/b");\n`,
    a: "a\n",
    b: "b\n",
  });
  const strake = (...args: string[]) => runStrake(args, { cwd, home });
  const build = () => strake("build", "--progress", "plain", "-o", `type=oci,dest=${join(temporaryFolder(), "a.tar")}`);
  expect((await build()).status).toBe(0);
  makeOld(home);
  expect((await build()).stderr).toMatch(/CACHED/);
  expect((await strake("prune", "-f")).status).toBe(0);
  const again = await build();
  expect(again.stderr.match(/ CACHED/g)).toHaveLength(2);
  makeOld(home);
  expect((await strake("build")).status).toBe(0);
  expect((await strake("rmi", "app")).status).toBe(0);
  makeOld(home);
  const told = (await strake("prune", "--dry-run")).stdout;
  expect(told).toMatch(/^blob {6}sha256:[0-9a-f]{64} {2}\d/m);
  expect(told).not.toContain("%");
  expect((await strake("prune", "-f")).status).toBe(0);
  expect((await build()).stderr).not.toMatch(/CACHED/);
});

it("takes the answer from whoever gives it on standard input", async () => {
  const home = temporaryFolder();
  const prune = (input: string) => runStrake(["prune"], { home, input });
  expect(await prune("y\n")).toMatchObject({ status: 0, stdout: "Total reclaimed space: 0B\n" });
  expect(await prune("n\n")).toMatchObject({ status: 0, stdout: "Nothing was removed.\n" });
  expect(await prune("")).toMatchObject({ status: 2, stderr: expect.stringContaining("Say it with -f.") });
});

it("at the same time as two builds breaks neither, and no image", async () => {
  const home = temporaryFolder();
  const build = `${imports}export const app = image().from("scratch").copy("shared", "/s").copy("own", "/own");\n`;
  const shared = Buffer.alloc(300_000, "shared");
  const projects = ["one", "two"].map((name) => ({
    name,
    cwd: project({ "build.ts": build, shared, own: name }),
  }));
  let removed = 0;
  for (let round = 0; round < (removed > 0 ? rounds : mostRounds); round++) {
    let building = true;
    const builds = Promise.all(
      projects.map(async ({ name, cwd }) => {
        writeFileSync(join(cwd, "own"), `${name} ${round}`);
        const built = await runStrake(["build", "-t", `${name}:1`], { cwd, home });
        expect(built.status, built.stderr).toBe(0);
        const saved = await runStrake(["save", "-o", join(temporaryFolder(), "a.tar"), `${name}:1`], { cwd, home });
        expect(saved.status, saved.stderr).toBe(0);
      }),
    ).finally(() => {
      building = false;
    });
    const pruning = async () => {
      do {
        const pruned = await runStrake(["prune", "-a", "-f"], { home });
        if (pruned.status === 0) removed += 1;
        else expect(pruned.stderr).toContain("the store is in use");
      } while (building);
    };
    await Promise.all([builds, pruning()]);
  }
  expect(removed).toBeGreaterThan(0);
  for (const { name } of projects) {
    const { status, stderr } = await runStrake(["save", "-o", join(temporaryFolder(), "a.tar"), `${name}:1`], { home });
    expect(status, stderr).toBe(0);
  }
});

it("at the same time as two pushes breaks neither, and what they remember of the registry does no harm", async () => {
  const server = await startRegistryServer();
  const home = temporaryFolder();
  const cwd = project({
    "build.ts": `${imports}export const app = image().from("scratch").copy("shared", "/s").copy("own", "/own");\n`,
    shared: Buffer.alloc(300_000, "shared"),
    own: "own",
  });
  let removed = 0;
  for (let round = 0; round < (removed > 0 ? rounds : mostRounds); round++) {
    writeFileSync(join(cwd, "own"), `own ${round}`);
    const name = (repository: string) => `${server.address}/${repository}:${round}`;
    const built = await runStrake(["build", "-t", name("one")], { cwd, home });
    expect(built.status, built.stderr).toBe(0);
    expect((await runStrake(["tag", name("one"), name("two")], { home })).status).toBe(0);
    let pushing = true;
    const pushes = Promise.all(
      ["one", "two"].map(async (repository) => {
        const pushed = await runStrake(["push", name(repository)], { home });
        expect(pushed.status, pushed.stderr).toBe(0);
      }),
    ).finally(() => {
      pushing = false;
    });
    const pruning = async () => {
      do {
        const pruned = await runStrake(["prune", "-a", "-f"], { home });
        if (pruned.status === 0) removed += 1;
        else expect(pruned.stderr).toContain("the store is in use");
      } while (pushing);
    };
    await Promise.all([pushes, pruning()]);
    for (const repository of ["one", "two"]) {
      const pulled = await runStrake(["pull", name(repository)], { home: temporaryFolder() });
      expect(pulled.status, pulled.stderr).toBe(0);
    }
  }
  expect(removed).toBeGreaterThan(0);
  await server.close();
});
