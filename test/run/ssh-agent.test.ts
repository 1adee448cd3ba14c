import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, realpathSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { findProgram } from "../support/find-program.ts";
import { listens } from "../support/listens.ts";
import { need } from "../support/need.ts";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { runNeeds, runProject } from "./run-project.ts";

/** Copies a program and its libraries into a folder; returns how it is called in an image that has the folder. */
function copyProgram(name: string, to: string, inside: string): string {
  const program = findProgram(name) ?? name;
  const libraries = execFileSync("ldd", [program], { encoding: "utf8" }).match(/\/\S+/g) ?? [];
  mkdirSync(to);
  for (const path of [program, ...libraries]) copyFileSync(realpathSync(path), join(to, basename(path)));
  const loader = libraries.map((path) => basename(path)).find((file) => file.startsWith("ld"));
  return `${inside}/${loader} --library-path ${inside} ${inside}/${name}`;
}

need(
  ...runNeeds,
  ...["runc", "bwrap", "unshare", "ldd"],
  ...["ssh-agent", "ssh-add", "ssh-keygen"],
)("a real ssh agent", () => {
  const folder = temporaryFolder();
  const socket = join(folder, "agent");
  const key = join(folder, "key");
  let agent: ChildProcess;
  let fingerprint = "";

  beforeAll(async () => {
    mkdirSync(folder, { recursive: true });
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "of the test", "-f", key]);
    agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
    while (!(await listens(socket))) await wait(20);
    execFileSync("ssh-add", ["-q", key], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
    fingerprint = execFileSync("ssh-keygen", ["-l", "-f", `${key}.pub`], { encoding: "utf8" });
  });
  afterAll(() => void agent.kill());

  it.each(["crun", "runc", "bubblewrap", "plain"])(
    "signs for commands in %s, whoever they run as",
    async (isolation) => {
      const tools = join(temporaryFolder(), "tools");
      const add = copyProgram("ssh-add", tools, "/tools");
      const cwd = await runProject(
        `const tools = base.copy("tools/", "/tools/").copy("key.pub", "/key.pub");
const ask = "${add} -l > /tmp/keys; ${add} -T /key.pub";
export const root = tools.run(ask, { mounts: [ssh()] });
export const user = tools.user("node").run(ask, { mounts: [ssh({ uid: 1000 })] });
export const none = tools.run("${add} -l", { mounts: [ssh({ required: true })] });
export const without = tools.run("${add} -l", { mounts: [ssh()] });`,
      );
      cpSync(tools, join(cwd, "tools"), { recursive: true });
      copyFileSync(`${key}.pub`, join(cwd, "key.pub"));
      const home = temporaryFolder();
      const build = (name: string, ...args: string[]) => {
        return runStrake(["build", name, "--isolation", isolation, "-o", `type=local,dest=${name}`, ...args], {
          cwd,
          home,
        });
      };
      for (const name of ["root", "user"]) {
        const built = await build(name, "--ssh", `default=${socket}`);
        expect(built.status, built.stderr).toBe(0);
        expect(readFileSync(join(cwd, name, "tmp/keys"), "utf8")).toBe(fingerprint);
        expect(existsSync(join(cwd, name, "run/buildkit"))).toBe(false);
      }
      const none = await build("none", "--ssh", `other=${socket}`);
      expect(none.stderr).toMatch(/needs the ssh agent "default"/);
      const without = await build("without");
      expect(without.stderr).toMatch(/Error connecting to agent|Could not open a connection/);
    },
  );
});
