import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { processName } from "@strake/engine";
import { afterAll, beforeAll, expect, it } from "vitest";
import { unifiedGroups } from "../support/missing.ts";
import { need } from "../support/need.ts";
import { type RunResult, runProgram } from "../support/run-program.ts";
import { runStrake } from "../support/run-strake.ts";
import { strakeBin } from "../support/strake-bin.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { runNeeds, runProject } from "./run-project.ts";

const top = unifiedGroups.find((place) => existsSync(join(place, "cgroup.controllers"))) ?? "";
const delegated = new URL("../../packages/engine/dist/sandbox/delegated-group.js", import.meta.url);

function wordsOf(file: string): readonly string[] {
  return readFileSync(join(top, file), "utf8").split(/\s+/).filter(Boolean);
}

need(
  ...runNeeds,
  "unshare",
  "runc",
  "bwrap",
  "control groups of version 2",
)("in a control group of version 2 that is not the root", () => {
  const groups: string[] = [];
  let controllers: readonly string[] = [];
  let added: readonly string[] = [];

  beforeAll(() => {
    controllers = wordsOf("cgroup.controllers");
    const before = wordsOf("cgroup.subtree_control");
    added = controllers.filter((name) => !before.includes(name));
    for (const name of added) writeFileSync(join(top, "cgroup.subtree_control"), `+${name}`);
  });

  afterAll(async () => {
    for (const group of groups) {
      await removeWhenEmpty(join(group, "strake-rest"));
      await removeWhenEmpty(group);
    }
    // Somebody else may have found them there and use them.
    for (const name of added) spawnSync("sh", ["-c", `echo -${name} > ${top}/cgroup.subtree_control`]);
  });

  /** Runs a program as in a container: its group looks like the root, is none, and has processes in it. */
  function inside(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<RunResult> {
    const group = join(top, `strake-test-${process.pid}-${groups.length}`);
    mkdirSync(group);
    groups.push(group);
    const enter = `echo $$ > ${group}/cgroup.procs`;
    const cover = 'mount -t cgroup2 none /sys/fs/cgroup && "$@"; status=$?; : the shell stays; exit $status';
    const namespaces = "unshare --cgroup --mount --propagation private";
    const script = `${enter} && exec ${namespaces} sh -c '${cover}' sh "$@"`;
    return runProgram("sh", ["-c", script, "sh", process.execPath, ...args], {
      env: { NODE_EXTRA_CA_CERTS: undefined, CI: undefined, ...env },
    });
  }

  it("makes room for others by moving its processes, once it has to", async () => {
    const [name = ""] = controllers;
    const script = `const { delegatedGroup, ownGroup } = await import(process.argv[1]);
const { readFileSync } = await import("node:fs");
const root = "/sys/fs/cgroup";
const say = (value) => console.log(JSON.stringify(value));
say([delegatedGroup(root, [process.argv[2]], false), ownGroup()]);
say([delegatedGroup(root, [process.argv[2]], true), ownGroup()]);
say(readFileSync(root + "/cgroup.procs", "utf8"));
say([delegatedGroup(root, [process.argv[2]], true), ownGroup()]);`;
    const { stdout, stderr } = await inside(["--input-type=module", "-e", script, fileURLToPath(delegated), name]);
    const folder = "/sys/fs/cgroup";
    expect(
      stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
      stderr,
    ).toEqual([
      [{ folder, controllers: [] }, "/"],
      [{ folder, controllers: [name] }, "/strake-rest"],
      "",
      [{ folder, controllers: [name] }, "/strake-rest"],
    ]);
  });

  it.each(["crun", "runc", "bubblewrap", "plain"])(
    "commands run in %s, with the limits that the kernel offers there",
    async (isolation) => {
      const cwd = await runProject(`export const app = base.run("cat /proc/self/cgroup > /dev/null; echo x > /x");
export const much = base.run("dd if=/dev/zero of=/dev/null bs=200M count=1");`);
      const env = { STRAKE_HOME: temporaryFolder() };
      const build = (...args: string[]) => {
        return inside([strakeBin, "build", "-f", join(cwd, "build.ts"), "--isolation", isolation, ...args], env);
      };
      const built = await build("app", "-q");
      expect(built.status, built.stderr).toBe(0);
      const much = await build("much", "--memory", "32m");
      expect(much.status).toBe(1);
      if (controllers.includes("memory")) expect(much.stderr).toContain("used more memory than it may");
      else
        expect(much.stderr).toMatch(
          /memory of commands cannot be limited here: the control group \/\S* has only the controllers /,
        );
      const left = groups.flatMap((group) => readdirSync(group).filter((name) => /^strake-\d/.test(name)));
      expect(left).toEqual([]);
    },
  );
});

need(...runNeeds)("the control groups of a builder that was killed", () => {
  it("are removed by a later one", async () => {
    const place = existsSync("/sys/fs/cgroup/pids") ? "/sys/fs/cgroup/pids" : "/sys/fs/cgroup";
    // No process has had this number: the kernel gives none so high.
    const left = join(place, "strake-99999999.1-1");
    const alive = join(place, `strake-${processName()}-test`);
    mkdirSync(join(left, "below"), { recursive: true });
    mkdirSync(alive);
    const cwd = await runProject(`export const app = base.run("true");`);
    try {
      expect((await runStrake(["build", "-q"], { cwd })).status).toBe(0);
      // Another build of this machine may have begun to remove them.
      await expect.poll(() => existsSync(left)).toBe(false);
      expect(existsSync(alive)).toBe(true);
    } finally {
      for (const folder of [join(left, "below"), left, alive]) await removeWhenEmpty(folder);
    }
  });
});

/** A group can be removed a moment after its last process is gone. */
async function removeWhenEmpty(folder: string): Promise<void> {
  for (let turn = 0; existsSync(folder) && turn < 100; turn++) {
    try {
      rmdirSync(folder);
    } catch {
      await wait(50);
    }
  }
}
