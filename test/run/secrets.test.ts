import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, it } from "vitest";
import { need } from "../support/need.ts";
import { runStrake } from "../support/run-strake.ts";
import { said } from "../support/said.ts";
import { strakeBin } from "../support/strake-bin.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { contents, processesWith, runNeeds, runProject } from "./run-project.ts";

const value = "Zq7-unmistakable-secret-value";

need(...runNeeds)("a secret", () => {
  it("is there for the command that asks, and nowhere else", async () => {
    const cwd = await runProject(
      `export const app = base
  .run("cat /run/secrets/token | wc -c > /size; stat -c %a /run/secrets/token > /mode; echo it is $(cat /run/secrets/token) and $TOKEN", {
    mounts: [secret("token"), secret("other", { env: "TOKEN" })],
  })
  .run("ls /run/secrets > /after 2>&1 || true; echo ok");`,
    );
    writeFileSync(join(temporaryFolder(), "unused"), "");
    const folder = await runProject("export const unused = base;", { token: `${value}\n` });
    const home = temporaryFolder();
    const args = [
      "build",
      "--progress",
      "plain",
      "--secret",
      `id=token,src=${join(folder, "token")}`,
      "--secret",
      "id=other,env=OTHER",
      "-o",
      "type=tar,dest=files.tar",
    ];
    const built = await runStrake(args, { cwd, home, env: { OTHER: `${value}-2` } });
    expect(built.status, built.stderr).toBe(0);
    expect(built.stderr).toContain("it is *** and ***");
    await runStrake(["build"], { cwd, home });
    const plan = await runStrake(["plan", "--json"], { cwd, home });
    expect(built.stderr + built.stdout + plan.stdout + plan.stderr).not.toContain(value);
    for (const place of [home, cwd]) {
      for (const { path, bytes } of contents(place)) expect(bytes.includes(value), path).toBe(false);
    }
  });

  it("that a command needs is asked for at its line, and one with a name like it is named", async () => {
    const cwd = await runProject(
      'export const app = base.run("true", { mounts: [secret("token", { required: true })] });',
    );
    const build = (...args: string[]) => runStrake(["build", ...args], { cwd, env: { OTHER: value } });
    const needed = /build\.ts:3:\d+ {2}the command needs the secret "token"\n/;
    const none = await build("--secret", "id=other,env=OTHER");
    expect([none.status, none.stderr]).toEqual([1, expect.stringMatching(needed)]);
    expect(none.stderr).not.toContain("It was given");
    const near = await build("--secret", "id=tokne,env=OTHER");
    expect(near.stderr).toMatch(needed);
    expect(near.stderr).toContain('It was given "tokne".\n  Give it with --secret id=token,src=FILE');
  });

  it("is nowhere after the builder was killed with it, and the next build", async () => {
    const cwd = await runProject(
      `export const app = base.run("echo begun; sleep 1000", { mounts: [secret("token"), secret("other", { env: "TOKEN" })] });
export const next = base.run("true");`,
    );
    const home = temporaryFolder();
    const killed = `${value}-${process.pid}`;
    const args = ["build", "app", "--progress", "plain", "--secret", "id=token,env=T", "--secret", "id=other,env=T"];
    const child = spawn(process.execPath, [strakeBin, ...args], {
      cwd,
      env: { ...process.env, CI: undefined, STRAKE_HOME: home, T: killed },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const ended = once(child, "close");
    await said(child.stderr, /^#\d+ begun$/m);
    expect(processesWith(killed)).toEqual([]);
    child.kill("SIGKILL");
    await ended;
    expect((await runStrake(["build", "next"], { cwd, home })).status).toBe(0);
    for (const place of [home, cwd, "/dev/shm"]) {
      for (const { path, bytes } of contents(place)) expect(bytes.includes(killed), path).toBe(false);
    }
  });

  it("that changes changes no key", async () => {
    const cwd = await runProject(
      `export const app = base.run("cat /run/secrets/token > /dev/null", { mounts: [secret("token")] });`,
    );
    const home = temporaryFolder();
    const build = (secret: string) =>
      runStrake(["build", "--progress", "plain", "--secret", "id=token,env=T"], { cwd, home, env: { T: secret } });
    expect((await build("one-value")).stderr).toMatch(/RUN[\s\S]*DONE/);
    expect((await build("another-value")).stderr).toContain("CACHED");
  });

  it("that cannot be read is named before anything is built", async () => {
    const cwd = await runProject(`export const app = base.run("true");`);
    const built = await runStrake(["build", "--secret", "id=x,src=/no/such/file"], { cwd });
    expect(built.stderr).toContain("/no/such/file cannot be read (ENOENT)");
  });

  it("of an ssh agent reaches the command through a socket of its own", async () => {
    const socket = join(temporaryFolder(), "agent");
    const agent = createServer((client) => client.on("data", () => client.end("agent answers")));
    await new Promise<void>((resolve) => agent.listen(socket, resolve));
    try {
      const cwd = await runProject(
        `export const app = base.run("echo hello | timeout 5 nc local:$SSH_AUTH_SOCK; stat -c '%a %u' $SSH_AUTH_SOCK", { mounts: [ssh({ mode: 0o660, uid: 1000 })] });`,
      );
      const built = await runStrake(["build", "--progress", "plain", "--ssh", `default=${socket}`], { cwd });
      expect(built.status, built.stderr).toBe(0);
      expect(built.stderr).toContain("660 1000");
    } finally {
      agent.close();
    }
  });
});
