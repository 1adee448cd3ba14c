import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { storeFaults } from "../support/folder-state.ts";
import { need } from "../support/need.ts";
import { runStrake } from "../support/run-strake.ts";
import { said } from "../support/said.ts";
import { strakeBin } from "../support/strake-bin.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { processesWith, runNeeds, runProject } from "./run-project.ts";

need(...runNeeds)("a command that fails", () => {
  const build = async (statement: string, args: readonly string[] = []) => {
    const cwd = await runProject(`export const app = base\n  .run("true")\n  ${statement};`);
    return runStrake(["build", "--progress", "plain", ...args], { cwd });
  };

  it("shows its line, its status, what it said last, and where all of it is", async () => {
    const { status, stderr } = await build(`.run("for i in $(seq 1 100); do echo line $i; done; exit 7")`);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^build\.ts:5:4 {2}RUN for i in .* exited with 7$/m);
    expect(stderr).toMatch(/^ {2}5 \| {3}\.run\(/m);
    const shown = stderr.slice(stderr.indexOf("build.ts:5:4"));
    expect(shown).toContain("    line 100\n");
    expect(shown).not.toContain("line 80\n");
    const [, path = ""] = /All of its output: (.*)/.exec(shown) ?? [];
    expect(readFileSync(path, "utf8").split("\n").length).toBe(101);
  });

  it.each([
    ["is not there", `.run(["/no/such/program"])`, [], /exited with 127/],
    ["takes too long", `.run("sleep 100")`, ["--step-timeout", "0.5"], /took longer than 0\.5 s/],
    [
      "needs too much memory",
      `.run("dd if=/dev/zero of=/dev/null bs=300M count=1")`,
      ["--memory", "64m"],
      /used more memory/,
    ],
    ["is of a user that is not there", `.user("nobody-knows").run("true")`, [], /no user "nobody-knows"/],
    ["wants more than it may", `.run("true", { security: "insecure" })`, [], /--allow security\.insecure/],
    [
      "lacks a secret that it may do without",
      `.run("cat /run/secrets/token", { mounts: [secret("token")] })`,
      [],
      /The secret "token" was not given: --secret id=token,src=FILE gives it\.$/m,
    ],
    ["needs a secret", `.run("true", { mounts: [secret("token", { required: true })] })`, [], /--secret id=token/],
  ] as const)("because it %s says so", async (_name, statement, args, message) => {
    const { status, stderr } = await build(statement, args);
    expect(status).toBe(1);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^build\.ts:\d+:\d+ {2}/m);
  });

  it("after printing without end, or printing what is no text, is still one that failed", async () => {
    const endless = await build(`.run("yes | head -c 9000000; exit 3")`);
    expect(endless.stderr).toContain("exited with 3");
    expect(endless.stderr).toContain("output clipped");
    expect(endless.stderr.length).toBeLessThan(8_000_000);
    const binary = await build(`.run("head -c 5000 /dev/urandom; printf '\\\\033[2J\\\\007'; exit 4")`);
    expect(binary.stderr).toContain("exited with 4");
    expect(binary.stderr).not.toMatch(/[\u0000-\u0008\u000b-\u001f]/);
  });

  it("because its program is for another processor says what that takes", async () => {
    const cwd = await runProject(
      `export const app = base.copy("foreign", "/foreign", { chmod: 0o755 }).run(["/foreign"]);`,
    );
    // The head of a program for a processor that nobody has: ELF, 64 bits, little-endian, executable.
    const head = Buffer.alloc(64);
    head.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
    head.set([2, 0, 0xfe, 0xfe, 1], 16);
    writeFileSync(join(cwd, "foreign"), head);
    const { status, stderr } = await runStrake(["build", "--progress", "plain"], { cwd });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^#\d+ exec container process .*: Exec format error$/m);
    expect(stderr).toMatch(
      /for another processor than this machine's: the image is for linux\/\w+\.\n {2}Set up emulation/,
    );
  });

  it("opens a shell in its files when that is asked for", async () => {
    const cwd = await runProject(`export const app = base.run("echo left > /left-behind; exit 5");`);
    const input = "cat /left-behind; exit\n";
    const { status, stdout } = await runStrake(["build", "--on-failure", "shell"], { cwd, input });
    expect(status).toBe(1);
    expect(stdout).toContain("left\n");
  });

  it.each(["SIGINT", "SIGTERM"] as const)("because of %s takes everything it started with it", async (signal) => {
    const sleep = `sleep 7${process.pid}`;
    const cwd = await runProject(`export const app = base.run("${sleep} & trap '' INT TERM; echo begun; ${sleep}");`);
    const home = temporaryFolder();
    const child = spawn(process.execPath, [strakeBin, "build", "--progress", "plain"], {
      cwd,
      env: { ...process.env, CI: undefined, STRAKE_HOME: home },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const ended = once(child, "close");
    await said(child.stderr, /^#\d+ begun$/m);
    child.kill(signal);
    expect(await ended).toEqual([130, null]);
    expect(processesWith(sleep)).toEqual([]);
  });

  it("because it is killed, or starts processes without end, is one that failed", async () => {
    expect((await build(`.run("sh -c 'kill -9 $$'; exit $?")`)).stderr).toMatch(/RUN sh -c .*exited with 137/);
    // No more of them than a machine that does other things too can bear; root would not be held to that.
    const few = ["--ulimit", "nproc=100:100", "--step-timeout", "3"];
    const endless = await build(`.user("node").run("f() { f | f & }; f; sleep 1; exit 6")`, few);
    expect(endless.status, endless.stderr).toBe(1);
  });

  it("because the disk is full says so, and leaves a store that builds when there is room", async () => {
    const disk = temporaryFolder();
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=24m", "strake-test", disk]);
    try {
      const cwd = await runProject(
        `export const small = base.run("echo small > /small");
export const large = base.run("echo small > /small").run("dd if=/dev/zero of=/large bs=1M count=40");`,
      );
      const home = join(disk, "store");
      const full = await runStrake(["build", "large"], { cwd, home });
      expect(full.status).toBe(1);
      expect(full.stderr).toContain("No space left on device");
      expect(full.stderr).toMatch(/^build\.ts:4:\d+ {2}RUN dd/m);
      const small = await runStrake(["build", "small", "-q"], { cwd, home });
      expect(small.status, small.stderr).toBe(0);
      expect(small.stdout).toBe((await runStrake(["build", "small", "-q"], { cwd })).stdout);
      expect(storeFaults(home).filter((name) => !name.endsWith(".tmp"))).toEqual([]);
    } finally {
      execFileSync("umount", ["--lazy", disk]);
    }
  });

  it("leaves nothing running even when the builder is killed", async () => {
    const sleep = `sleep 8${process.pid}`;
    const cwd = await runProject(`export const app = base.run("${sleep} & echo begun; ${sleep}");`);
    const child = spawn(process.execPath, [strakeBin, "build", "--progress", "plain"], {
      cwd,
      env: { ...process.env, CI: undefined, STRAKE_HOME: temporaryFolder() },
      stdio: ["ignore", "ignore", "pipe"],
    });
    await said(child.stderr, /^#\d+ begun$/m);
    expect(processesWith(sleep)).not.toEqual([]);
    child.kill("SIGKILL");
    await expect.poll(() => processesWith(sleep)).toEqual([]);
  });
});
