import { execFileSync } from "node:child_process";
import { lstatSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { imports, project } from "../support/project.ts";
import { runProgram } from "../support/run-program.ts";
import { runStrake } from "../support/run-strake.ts";
import { strakeBin } from "../support/strake-bin.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const cwd = project({
  "build.ts": `${imports}export const one = image().from("scratch").copy("a", "/a");
export const two = image().from("scratch").copy("a", "/a").copy("b", "/b");\n`,
  a: "a\n",
  b: "b\n",
});
let home: string;
const strake = (...args: string[]) => runStrake(args, { cwd, home });
const names = async () =>
  (await strake("images", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}")).stdout.trim().split("\n");

beforeAll(async () => {
  home = temporaryFolder();
  expect((await strake("build")).status).toBe(0);
});

describe("the local store", () => {
  it("gives an image one more name, and moves a name that another has", async () => {
    await strake("tag", "one", "first:1");
    await strake("tag", "two", "first:1");
    const list = await names();
    const id = (name: string) => list.find((line) => line.startsWith(`${name} `))?.split(" ")[1];
    expect(id("first:1")).toBe(id("two:latest"));
    expect((await strake("tag", "nothing", "x")).stderr).toContain('there is no image "nothing"');
  });

  it("removes names in Docker's words, and refuses an id that has several", async () => {
    await strake("tag", "one", "twice:1");
    const { stdout: id } = await strake("images", "-q", "twice");
    const refused = await strake("rmi", id.trim());
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain("has several names");
    expect(refused.stderr).not.toContain("docker.io/library");
    expect((await strake("rmi", "twice:1")).stdout).toBe("Untagged: twice:1\n");
    await strake("tag", "one", "alone:1");
    await strake("tag", "one", "alone:2");
    const { stdout } = await strake("rmi", "-f", id.trim());
    expect(stdout).toMatch(
      /Untagged: alone:1\nUntagged: alone:2\nUntagged: one:latest\nDeleted: sha256:[0-9a-f]{64}\n/,
    );
    expect((await strake("rmi", "one")).status).toBe(1);
    expect((await strake("build", "one")).status).toBe(0);
  });

  it("removes what it can, and tells what it removed also where something is not there", async () => {
    await strake("tag", "one", "gone:1");
    await strake("tag", "one", "gone:2");
    const { status, stdout, stderr } = await strake("rmi", "gone:1", "nothing", "gone:2");
    expect(status).toBe(1);
    expect(stdout).toBe("Untagged: gone:1\nUntagged: gone:2\n");
    expect(stderr).toContain('there is no image "nothing"');
  });

  it("keeps an image without a name, and every command finds it by its id", async () => {
    const store = temporaryFolder();
    const run = (...args: string[]) => runStrake(args, { cwd, home: store });
    const found = async (...args: string[]) => {
      const { status, stdout, stderr } = await run(...args);
      expect(status, stderr).toBe(0);
      return stdout;
    };
    // The last name moves to another image.
    await found("build", "one", "-t", "app:1");
    const id = (await found("images", "-q", "app:1")).trim();
    await found("build", "two", "-t", "app:1");
    expect(await found("images", "-a")).toMatch(new RegExp(`<none>\\s+<none>\\s+${id} `));
    expect(await found("images", "-q", "--filter", "dangling=true")).toBe(`${id}\n`);
    expect(await found("images", "-q", "--filter", "dangling=false")).not.toContain(id);
    expect(await found("inspect", "-f", "{{.Id}} {{json .RepoTags}}", id)).toMatch(/^sha256:[0-9a-f]{64} \[\]\n$/);
    expect(await found("history", id)).toContain(id);
    const file = join(temporaryFolder(), "image.tar");
    await found("save", "-o", file, id);
    await found("prune", "-f");
    await found("save", "-o", file, id);
    expect((await run("push", id)).stderr).toContain("is an id");
    expect(await found("rmi", id)).toMatch(/^Deleted: sha256:[0-9a-f]{64}\n$/);
    expect((await run("inspect", id)).status).toBe(1);
    // One comes without a name, and gets one.
    expect(await found("load", "-i", file)).toMatch(new RegExp(`^Loaded image ID: sha256:${id}`));
    await found("tag", id, "again:1");
    expect(await found("images", "--filter", "dangling=true", "-q")).toBe("");
    expect(await found("images", "-q", "again")).toBe(`${id}\n`);
  });

  it("lists what filters let through", async () => {
    const store = temporaryFolder();
    const folder = project({
      "build.ts": `${imports}export const first = image().from("scratch").label({ team: "a" }).copy("a", "/a");
export const second = image().from("scratch").label({ team: "b", stage: "x" }).copy("a", "/a");\n`,
      a: "a\n",
    });
    const run = (...args: string[]) => runStrake(args, { cwd: folder, home: store });
    for (const name of ["first", "second"]) expect((await run("build", name, "-t", `team/${name}:1`)).status).toBe(0);
    const listed = async (...filters: string[]) => {
      const args = filters.flatMap((filter) => ["--filter", filter]);
      const { stdout } = await run("images", "--format", "{{.Repository}}", ...args);
      return stdout.split("\n").filter(Boolean).sort();
    };
    expect(await listed("label=team")).toEqual(["team/first", "team/second"]);
    expect(await listed("label=team=a")).toEqual(["team/first"]);
    expect(await listed("label=team", "label=stage=x")).toEqual(["team/second"]);
    expect(await listed("reference=team/f*")).toEqual(["team/first"]);
    expect(await listed("reference=*/*:2", "reference=team/second:[0-9]")).toEqual(["team/second"]);
    expect(await listed("reference=f*")).toEqual([]);
    expect(await listed("before=team/second:1")).toEqual(["team/first"]);
    expect(await listed("since=team/first:1")).toEqual(["team/second"]);
    const { stdout } = await run("images", "--format", "{{.Tag}}", "team/s*");
    expect(stdout).toBe("1\n");
    for (const [filter, why] of Object.entries({ "color=red": "expected one of", "dangling=maybe": "true or false" })) {
      expect(await run("images", "--filter", filter)).toMatchObject({
        status: 2,
        stderr: expect.stringContaining(why),
      });
    }
    expect((await run("images", "--filter", "before=none")).status).toBe(1);
  });

  it.each(["docker", "oci"])("writes an image as %s and takes it back with its name and id", async (format) => {
    const file = join(temporaryFolder(), "image.tar");
    expect((await strake("save", "--format", format, "-o", file, "one")).status).toBe(0);
    const other = temporaryFolder();
    const loaded = await runStrake(["load", "-i", file], { cwd, home: other });
    expect(loaded, loaded.stderr).toMatchObject({ status: 0, stdout: "Loaded image: one:latest\n" });
    const [here, there] = await Promise.all([
      strake("images", "-q", "--no-trunc", "one"),
      runStrake(["images", "-q", "--no-trunc", "one"], { cwd, home: other }),
    ]);
    expect(there.stdout).toBe(here.stdout);
  });

  it("writes to pipes and devices, which stay what they are, and reads from them", async () => {
    const folder = temporaryFolder();
    const [pipe, file] = [join(folder, "pipe"), join(folder, "image.tar")];
    execFileSync("mkfifo", [pipe]);
    expect((await strake("save", "-o", file, "one")).status).toBe(0);
    const [saved, bytes] = await Promise.all([strake("save", "-o", pipe, "one"), readFile(pipe)]);
    expect(saved, saved.stderr).toMatchObject({ status: 0, stdout: "" });
    expect(bytes.equals(readFileSync(file))).toBe(true);
    const [loaded] = await Promise.all([runStrake(["load", "-i", pipe]), writeFile(pipe, bytes)]);
    expect(loaded, loaded.stderr).toMatchObject({ status: 0, stdout: "Loaded image: one:latest\n" });
    const [built, tar] = await Promise.all([strake("build", "one", "-o", `type=tar,dest=${pipe}`), readFile(pipe)]);
    expect(built.status, built.stderr).toBe(0);
    expect(tar.includes("ustar")).toBe(true);
    expect(lstatSync(pipe).isFIFO()).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(["image.tar", "pipe"]);
  });

  it("says that standard output cannot be written, and fails", async () => {
    for (const line of ["save one", "images"]) {
      const shell = `exec "$0" "$@" > /dev/full`;
      const args = ["-c", shell, process.execPath, strakeBin, ...line.split(" ")];
      const failed = await runProgram("sh", args, { cwd, env: { STRAKE_HOME: home } });
      expect(failed.status, line).toBe(1);
      expect(failed.stderr).toMatch(/^strake: standard output cannot be written: ENOSPC[^\n]*\n$/);
    }
  });

  it("says of standard input that it holds no image", async () => {
    const { status, stderr } = await runStrake(["load"], { home: temporaryFolder(), input: "nothing" });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^strake: standard input (holds no image|is )/);
    expect(stderr).not.toContain("image.tar");
  });

  it("writes all tags of a repository, or the image of an id", async () => {
    const store = temporaryFolder();
    const run = (...args: string[]) => runStrake(args, { cwd, home: store });
    expect((await run("build", "one", "-t", "many/app:1", "-t", "many/app:2", "-t", "many/other:1")).status).toBe(0);
    const loaded = async (...args: string[]) => {
      const file = join(temporaryFolder(), "image.tar");
      const { status, stderr } = await run("save", "-o", file, ...args);
      expect(status, stderr).toBe(0);
      return (await runStrake(["load", "-i", file], { cwd })).stdout;
    };
    expect(await loaded("many/app")).toBe("Loaded image: many/app:1\nLoaded image: many/app:2\n");
    expect(await loaded("many/app:2")).toBe("Loaded image: many/app:2\n");
    const id = (await run("images", "-q", "--no-trunc", "many/app:1")).stdout.trim();
    for (const each of [id, id.slice("sha256:".length), id.slice("sha256:".length, 19)]) {
      expect(await loaded(each)).toMatch(/^Loaded image.*\n$/);
    }
    expect((await run("save", "-o", "never.tar", "ab".repeat(32))).status).toBe(1);
    expect(await run("inspect", "ab".repeat(32))).toMatchObject({ status: 1, stdout: "[]\n" });
  });

  it("writes several images to one file", async () => {
    const file = join(temporaryFolder(), "images.tar");
    await strake("save", "-o", file, "one", "two");
    const loaded = await runStrake(["load", "-i", file], { cwd });
    expect(loaded.stdout.split("\n").sort()).toEqual(["", "Loaded image: one:latest", "Loaded image: two:latest"]);
  });

  it("lists an image that is damaged among the others, so that it can be removed", async () => {
    const store = temporaryFolder();
    const run = (...args: string[]) => runStrake(args, { cwd, home: store });
    for (const name of ["one", "two"]) expect((await run("build", name)).status).toBe(0);
    const digest = (await run("inspect", "-f", "{{.Descriptor.digest}}", "two")).stdout.trim();
    rmSync(join(store, "blobs", digest.replace(":", "/")));
    expect((await run("images", "--format", "{{.Repository}}")).stdout.split("\n").sort()).toEqual(["", "one", "two"]);
    expect((await run("inspect", "two")).stderr).toContain(`there is no blob ${digest}`);
    expect((await run("rmi", "two")).stdout).toMatch(/^Untagged: two:latest\nDeleted: /);
  });

  it("removes what was not used for long, tells before what that is, and keeps what names need", async () => {
    const before = await strake("prune", "-a", "--dry-run");
    expect(before.stdout).toMatch(/Total reclaimable space: /);
    expect((await strake("prune", "--dry-run")).stdout).toBe("Total reclaimable space: 0B\n");
    const until = (...filters: string[]) =>
      strake("image", "prune", "-a", "--dry-run", ...filters.flatMap((filter) => ["--filter", filter]));
    expect((await until("dangling=true")).stdout).toBe(before.stdout);
    expect((await until("dangling=true", "until=1999-12-31T00:00:00Z")).stdout).toBe("Total reclaimable space: 0B\n");
    expect((await until("until=2200-01-01")).stdout).toBe(before.stdout);
    expect(await until("label=x")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("images with names stay"),
    });
    expect((await strake("prune", "-a")).stderr).toContain("Say it with -f");
    expect((await strake("prune", "-a", "-f")).stdout).toMatch(/Total reclaimed space: /);
    expect(
      readdirSync(home)
        .filter((name) => ["actions", "manifests"].includes(name))
        .flatMap((name) => readdirSync(join(home, name))),
    ).toEqual([]);
    expect((await strake("save", "-o", join(temporaryFolder(), "whole.tar"), "one", "two")).status).toBe(0);
    const again = await strake("build", "--progress", "plain");
    expect(again.status).toBe(0);
  });

  it("refuses to remove anything while it is in use", async () => {
    const slow = project({
      "build.ts": `${imports}await new Promise((resolve) => setTimeout(resolve, 10));
export const big = image().from("scratch").copy("f", "/f");\n`,
      f: Buffer.alloc(60_000_000, 1),
    });
    const building = runStrake(["build", "-t", "big", "--no-cache"], { cwd: slow, home });
    const answers: string[] = [];
    let done = false;
    building.then(() => {
      done = true;
    });
    while (!done) answers.push((await strake("prune", "-a", "-f")).stderr);
    expect((await building).status).toBe(0);
    expect((await strake("save", "-o", join(temporaryFolder(), "big.tar"), "big")).status).toBe(0);
  });

  it.each([
    [["prune", "--filter", "label=x", "-f"], "expected until=24h"],
    [["prune", "--filter", "until=soon", "-f"], "expected a length of time"],
    [["load", "-i", "a"], "a"],
    [["save", "--format", "oci", "-o", "x.tar", "one", "two"], "one image"],
  ])("refuses %j", async (args, message) => {
    const { status, stderr } = await strake(...args);
    expect(status).not.toBe(0);
    expect(stderr).toContain(message);
  });
});
