import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { need } from "../support/need.ts";
import type { RunOptions, RunResult } from "../support/run-program.ts";
import { runStrake } from "../support/run-strake.ts";
import { said } from "../support/said.ts";
import { strakeBin } from "../support/strake-bin.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { ordinaryUser, userNeeds } from "./ordinary-user.ts";
import { runNeeds, runProject } from "./run-project.ts";

/** Runs `strake` in one store. */
type Strake = (args: readonly string[], options?: RunOptions) => Promise<RunResult>;

need(
  ...runNeeds,
  ...userNeeds,
  "script",
)("a container", () => {
  const user = ordinaryUser();
  afterAll(() => user.remove());
  const rootHome = temporaryFolder();
  const stores: readonly (readonly [string, Strake])[] = [
    ["root", (args, options) => runStrake(args, { ...options, home: rootHome })],
    ["an ordinary user", user.strake],
  ];
  beforeAll(async () => {
    const cwd = await runProject(
      `export const app = base.env({ MODE: "image", KEPT: "yes" }).workdir("/srv").user("node").cmd(["sh", "-c", "echo usual"]);
export const tool = base.entrypoint(["echo", "entry"]).cmd(["point"]);`,
    );
    user.own(cwd);
    for (const [, strake] of stores) {
      const built = await strake(["build"], { cwd });
      expect(built.status, built.stderr).toBe(0);
    }
  });

  it.each(stores)("of %s starts from an image that has no name, and becomes one", async (_who, strake) => {
    const run = async (...args: readonly string[]) => {
      const { status, stdout, stderr } = await strake(args);
      expect(status, stderr).toBe(0);
      return stdout.trim();
    };
    await run("run", "--name", "first", "tool", "x");
    const id = await run("commit", "first");
    expect(await run("images", "-q", "--no-trunc", "--filter", "dangling=true")).toBe(id);
    expect(await run("run", "--name", "second", id.slice(7, 19), "word")).toBe("entry word");
    await run("commit", "second", "named:1");
    expect(await run("run", "--rm", "named:1")).toBe("entry point");
    expect((await strake(["rmi", id])).stderr).toContain("stands on the image");
    await run("rm", "first", "second");
    expect(await run("rmi", id, "named:1")).toMatch(/^Deleted: .*\nUntagged: named:1\nDeleted: /);
  });

  it.each(stores)("of %s does what the image says, and what is asked instead", async (_who, strake) => {
    const run = async (...args: readonly string[]) => {
      const { status, stdout, stderr } = await strake(["run", "--rm", ...args]);
      return { status, stdout, stderr };
    };
    expect(await run("app")).toEqual({ status: 0, stdout: "usual\n", stderr: "" });
    expect(await run("tool")).toMatchObject({ stdout: "entry point\n" });
    expect(await run("tool", "other", "words")).toMatchObject({ stdout: "entry other words\n" });
    expect(await run("--entrypoint", "cat", "tool", "/etc/hostname", "/no")).toMatchObject({ status: 1 });
    expect(await run("app", "sh", "-c", "echo out; echo err >&2; exit 42")).toEqual({
      status: 42,
      stdout: "out\n",
      stderr: "err\n",
    });
    const asked = ["-e", "MODE=asked", "-e", "MORE=a=b", "-w", "/tmp", "-u", "0:33"];
    const shown = await run(...asked, "app", "sh", "-c", "echo $MODE $KEPT $MORE; pwd; id -u; id -g");
    expect(shown.stdout).toBe("asked yes a=b\n/tmp\n0\n33\n");
    expect((await run("app", "sh", "-c", "id -un; pwd")).stdout).toBe("node\n/srv\n");
    expect((await run("app", "no-such-program")).status).toBe(127);
    expect((await run("app", "/etc/passwd")).status).toBe(126);
    expect((await run("--network", "none", "app", "ls", "/sys/class/net")).stdout).toBe("lo\n");
    expect((await strake(["ps", "-a", "-q"])).stdout).toBe("");
  });

  it.each(stores)("of %s reads what it is given and a folder of the machine", async (_who, strake) => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "in"));
    writeFileSync(join(folder, "in/file"), "from outside\n");
    for (const path of [folder, join(folder, "in"), join(folder, "in/file")]) user.own(path);
    const piped = await strake(["run", "--rm", "-i", "app", "cat"], { input: "through a pipe\n" });
    expect(piped.stdout).toBe("through a pipe\n");
    expect((await strake(["run", "--rm", "app", "cat"], { input: "not read" })).stdout).toBe("");
    const shown = await strake(
      [
        "run",
        "--rm",
        "-u",
        "0",
        "-v",
        "./in:/mnt",
        "-v",
        "./in:/only:ro",
        "app",
        "sh",
        "-c",
        "cat /mnt/file; echo x > /mnt/made; echo y > /only/no",
      ],
      { cwd: folder },
    );
    expect(shown.stdout).toBe("from outside\n");
    expect(shown.stderr).toContain("Read-only file system");
    expect(shown.status).toBe(1);
    expect(readFileSync(join(folder, "in/made"), "utf8")).toBe("x\n");
    expect(existsSync(join(folder, "in/no"))).toBe(false);
    const absent = await strake(["run", "-v", "/no/such:/mnt", "app"]);
    expect([absent.status, absent.stderr]).toEqual([2, expect.stringContaining("/no/such does not exist")]);
  });

  it.each(stores)("of %s is named, set up and listed as docker users do it", async (_who, strake) => {
    const folder = temporaryFolder();
    user.own(folder);
    writeFileSync(join(folder, "env"), "# values\nFROM_FILE=1\nBOTH=file\nodd.name=x\n");
    const words = ["--env-file", "env", "-e", "BOTH=option", "-h", "box", "--tmpfs", "/scratch:size=1m", "-p", "80:80"];
    const script =
      "echo $FROM_FILE $BOTH; tr '\\0' '\\n' < /proc/1/environ | grep odd; hostname; df -k /scratch | tail -n 1 | awk '{ print $2 }'";
    const ran = await strake(["run", "--name", "set-up", "--cidfile", "id", ...words, "app", "sh", "-c", script], {
      cwd: folder,
    });
    expect(ran.stdout, ran.stderr).toBe("1 option\nodd.name=x\nbox\n1024\n");
    const again = await strake(["run", "--cidfile", "id", "app"], { cwd: folder });
    expect([again.status, again.stderr]).toEqual([2, expect.stringContaining("the file is there already")]);
    await strake(["run", "--name", "other", "tool"]);
    await strake(["run", "--name", "third", "app", "sh", "-c", "exit 3"]);
    const ids = async (...args: string[]) => {
      const found = await strake(["ps", "--format", "{{.Names}}", ...args]);
      expect(found.status, found.stderr).toBe(0);
      return found.stdout.trim().split("\n").join(" ");
    };
    expect(await ids("-a")).toBe("third other set-up");
    expect(await ids()).toBe("");
    expect(await ids("-l")).toBe("third");
    expect(await ids("-n", "2")).toBe("third other");
    expect(await ids("-a", "-f", "ancestor=app", "-f", "name=set")).toBe("set-up");
    expect(await ids("-a", "-f", "name=other", "-f", "name=third")).toBe("third other");
    expect(await ids("-f", "exited=3")).toBe("third");
    expect(await ids("-f", "status=running")).toBe("");
    const id = readFileSync(join(folder, "id"), "utf8");
    expect(await ids("-a", "-f", `id=${id.slice(0, 9)}`)).toBe("set-up");
    const wrong = [
      [["ps", "-f", "color=red"], /expected one of name=/],
      [["ps", "-f", "status=paused"], /running, exited, dead/],
      [["run", "-p", "8080:80", "app"], /the machine's port 80/],
      [["run", "-d", "app"], /no daemon/],
      [["run", "--tmpfs", "here", "app"], /expected \/FOLDER/],
    ] as const;
    for (const [args, said] of wrong) {
      const { status, stderr } = await strake(args, { cwd: folder });
      expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringMatching(said) });
    }
    await strake(["rm", "set-up", "other", "third"]);
  });

  it.each(stores)("of %s is listed, becomes an image, and is removed", async (_who, strake) => {
    const ok = async (...args: readonly string[]) => {
      const result = await strake(args);
      expect(result.status, result.stderr).toBe(0);
      return result.stdout;
    };
    await ok(
      "run",
      "--name",
      "change",
      "-u",
      "0",
      "app",
      "sh",
      "-c",
      "echo changed > /srv/new; rm /etc/hostname; rm -r /var/www",
    );
    expect((await strake(["run", "--name", "change", "app"])).stderr).toContain('a container "change" already');
    await strake(["run", "--name", "failed", "app", "sh", "-c", "exit 3"]);
    const listed = await ok("ps", "-a");
    expect(listed).toMatch(/app +"sh -c echo changed.* Exited \(0\) .* change$/m);
    expect(listed).toMatch(/Exited \(3\) .* failed$/m);
    expect(await ok("ps", "-q")).toBe("");

    const id = await ok(
      "commit",
      "-m",
      "a message",
      "-c",
      'CMD ["cat", "/srv/new"]',
      "-c",
      "ENV MORE=1",
      "change",
      "changed:1",
    );
    expect(id).toMatch(/^sha256:[0-9a-f]{64}\n$/);
    expect(await ok("run", "--rm", "changed:1")).toBe("changed\n");
    expect(await ok("run", "--rm", "changed:1", "sh", "-c", "echo $MORE $KEPT; ls -d /var/www 2>&1; id -un")).toMatch(
      /^1 yes\n.*No such file.*\nnode\n$/,
    );
    expect(await ok("history", "--no-trunc", "changed:1")).toMatch(/sh -c echo changed > \/srv\/new.* a message/);
    expect(await ok("commit", "change")).toMatch(/^sha256:/);
    const several = await strake(["rm", "nowhere", "change", "nobody", "failed"]);
    expect(several).toMatchObject({ status: 1, stdout: "change\nfailed\n" });
    expect(several.stderr).toMatch(/no container "nowhere"[\s\S]*no container "nobody"/);
    expect(await ok("ps", "-a", "-q")).toBe("");
    expect((await strake(["rm", "change"])).stderr).toContain('no container "change"');
    expect(await ok("run", "--rm", "changed:1")).toBe("changed\n");
  });

  it.each(stores)("of %s that runs is not removed, unless that is forced", async (who, strake) => {
    const running = strake(["run", "--name", "long", "app", "sleep", `6${process.pid}`]);
    await expect.poll(async () => (await strake(["ps"])).stdout).toMatch(/ Up .* long$/m);
    const removed = await strake(["rm", "long"]);
    expect([removed.status, removed.stderr]).toEqual([2, expect.stringContaining("long is running")]);
    if (who !== "root") {
      // Its processes belong to another of this user's ids.
      const { status, stderr } = await strake(["commit", "long", "x"]);
      expect([status, stderr]).toEqual([2, expect.stringContaining("this user cannot stop it")]);
      expect(statesOf(`sleep 6${process.pid}`).filter((state) => state.startsWith("T"))).toEqual([]);
    }
    expect(await strake(["rm", "-f", "long"])).toMatchObject({ status: 0, stdout: "long\n" });
    expect((await running).status).not.toBe(0);
    expect((await strake(["ps", "-a", "-q"])).stdout).toBe("");
  });

  it.each(stores)("of %s stands still while it is committed, and goes on", async (who, strake) => {
    const mark = `committed-${process.pid}-${who.length}`;
    const folder = temporaryFolder();
    user.own(folder);
    const script = `i=0; while :; do i=$((i+1)); echo $i > /tmp/new; mv /tmp/new /tmp/n; echo $i > /told/n; : ${mark}; done`;
    const busy = ["--name", "busy", "-u", "0", "-v", `${folder}:/told`];
    const running = strake(["run", ...busy, "app", "sh", "-c", script]);
    const told = () => Number(existsSync(join(folder, "n")) && readFileSync(join(folder, "n"), "utf8"));
    await expect.poll(told).toBeGreaterThan(0);
    expect((await strake(["ps"])).stdout).toMatch(/ Up .* busy$/m);
    const count = async (image: string) => {
      const committed = await strake(["commit", "busy", image]);
      expect(committed.status, committed.stderr).toBe(0);
      return Number((await strake(["run", "--rm", image, "cat", "/tmp/n"])).stdout);
    };
    const first = await count("busy:1");
    expect(first).toBeGreaterThan(0);
    await expect.poll(told).toBeGreaterThan(first);
    expect(await count("busy:2")).toBeGreaterThan(first);
    expect(statesOf(mark).filter((state) => state.startsWith("T"))).toEqual([]);
    expect(await strake(["rm", "-f", "busy"])).toMatchObject({ status: 0 });
    expect((await running).status).not.toBe(0);
    await expect.poll(() => statesOf(mark)).toEqual([]);
  });

  it("ends with what runs it, and says by which signal", async () => {
    const [, strake] = stores[0] ?? [];
    const child = spawn(process.execPath, [strakeBin, "run", "--name", "signal", "app", "sleep", "5432"], {
      env: { ...process.env, CI: undefined, STRAKE_HOME: rootHome },
      stdio: "ignore",
    });
    const ended = once(child, "close");
    await expect.poll(async () => (await strake?.(["ps", "-q"]))?.stdout).not.toBe("");
    child.kill("SIGTERM");
    const [status] = await ended;
    expect(status).toBeGreaterThan(128);
    expect(await strake?.(["rm", "signal"])).toMatchObject({ status: 0 });
  });

  it("has the terminal where there is one", async () => {
    const line = `${process.execPath} ${strakeBin} run --rm -it app sh -c 'test -t 0 && test -t 1 && stty size && echo $TERM'`;
    // Script leaves what its program said last when that ends, so it ends when that has been read.
    const command = `stty rows 33 cols 99; ${line}; echo ended $?; read -r line`;
    const child = spawn("script", ["-qec", command, "/dev/null"], {
      env: { ...process.env, STRAKE_HOME: rootHome, TERM: "vt100" },
    });
    const ended = once(child, "close");
    expect(await said(child.stdout, /ended \d+\r\n/)).toBe("33 99\r\nvt100\r\nended 0\r\n");
    child.stdin.end("\n");
    await ended;
    const without = await runStrake(["run", "--rm", "-it", "app", "true"], { home: rootHome });
    expect([without.status, without.stderr]).toEqual([2, expect.stringContaining("not a TTY")]);
  });
});

/** What the processes whose command line has a text in it are doing, in the letters of ps(1). */
function statesOf(text: string): readonly string[] {
  const all = execFileSync("ps", ["-eo", "stat,args", "-ww"], { encoding: "utf8" }).split("\n");
  return all.filter((line) => line.includes(text) && !line.includes("strake.js"));
}
