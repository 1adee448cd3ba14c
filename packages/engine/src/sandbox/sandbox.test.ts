import { execFileSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemCalls } from "../kernel/system-calls.ts";
import { chooseCapabilities } from "./capabilities.ts";
import { findProgram } from "./find-program.ts";
import { knownSandboxes, openSandbox } from "./open-sandbox.ts";
import type { SandboxExit, SandboxIo, SandboxJob } from "./sandbox.ts";
import { insideUserNamespace } from "./user-namespace.ts";

/** Seconds that only the commands of this process sleep. */
const long = `98${process.pid}`;

const busybox = "/bin/busybox";
const ready = process.platform === "linux" && process.getuid?.() === 0 && existsSync(busybox);
if (!ready) console.log("skipped: the sandboxes are tried as root on Linux, with Debian's busybox-static");

const applets = ["cat", "chmod", "chown", "env", "find", "id", "ip", "kill", "ln", "ls", "mkdir", "mknod", "rm", "sh"];
const more = [
  "readlink",
  "sleep",
  "stat",
  "touch",
  "true",
  "wget",
  "yes",
  "unshare",
  "mount",
  "grep",
  "hostname",
  "dd",
  "ulimit",
  "df",
];

let root = "";
let lower = "";

beforeAll(() => {
  if (!ready) return;
  root = mkdtempSync(join(tmpdir(), "strake-sandbox-"));
  lower = makeLower("base");
  for (const folder of ["bin", "etc", "tmp"]) mkdirSync(join(lower, folder));
  copyFileSync(busybox, join(lower, "bin/busybox"));
  for (const name of [...applets, ...more]) symlinkSync("busybox", join(lower, "bin", name));
  writeFileSync(join(lower, "etc/passwd"), "root:x:0:0::/root:/bin/sh\n");
});

afterAll(() => {
  if (root !== "") rmSync(root, { recursive: true, force: true });
});

function makeLower(name: string): string {
  const path = mkdtempSync(join(root, `${name}-`));
  execFileSync("chmod", ["755", path]);
  return path;
}

/** Lets everybody write to a folder. */
function makeOpen(path: string): string {
  chmodSync(path, 0o777);
  return path;
}

/** A layer that has the programs and nothing else. */
function makeProgram(): string {
  const path = makeLower("program");
  mkdirSync(join(path, "bin"));
  copyFileSync(busybox, join(path, "bin/busybox"));
  for (const name of ["sh", "true"]) symlinkSync("busybox", join(path, "bin", name));
  return path;
}

interface Outcome extends SandboxExit {
  readonly output: string;
  /** What the command changed, as paths. */
  readonly changed: readonly string[];
  readonly upper: string;
}

const names = ["crun", "runc", "bubblewrap", "plain"] as const;
const programs = { crun: "crun", runc: "runc", bubblewrap: "bwrap", plain: "unshare" };

describe.each(names)("%s", (name) => {
  const installed = ready && findProgram(programs[name]) !== undefined;
  if (ready && !installed) console.log(`skipped: ${name} is not installed`);

  async function run(args: readonly string[], job: Partial<SandboxJob> = {}, io: SandboxIo = {}): Promise<Outcome> {
    const sandbox = knownSandboxes(join(root, "store")).find((each) => each.name === name);
    if (sandbox === undefined) throw new Error(`there is no ${name}`);
    const folder = mkdtempSync(join(root, "run-"));
    const [upper, work] = [join(folder, "upper"), join(folder, "work")];
    mkdirSync(upper, { mode: 0o755 });
    mkdirSync(work);
    const chunks: Uint8Array[] = [];
    const exit = await sandbox.run(
      {
        lowers: [lower],
        upper,
        work,
        scratch: join(folder, "scratch"),
        args,
        env: [],
        cwd: "/",
        user: { uid: 0, gid: 0, groups: [], home: "/root" },
        mounts: [],
        network: "host",
        hostname: "build",
        hosts: [],
        security: "sandbox",
        limits: {},
        ...job,
      },
      { output: (_stream, chunk) => void chunks.push(chunk), ...io },
    );
    const found = execFileSync("find", [upper, "-mindepth", "1", "-printf", "%P\n"], { encoding: "utf8" });
    const output = Buffer.concat(chunks).toString();
    return { ...exit, output, upper, changed: found.split("\n").filter(Boolean).sort() };
  }

  const sh = (script: string, job: Partial<SandboxJob> = {}, io: SandboxIo = {}) =>
    run(["/bin/sh", "-c", script], job, io);

  describe.skipIf(!installed)("as root", () => {
    it("tells how a command ended and what it printed, and changes nothing by itself", async () => {
      expect(await sh("echo out; echo err >&2; exit 42")).toMatchObject({ code: 42, changed: [] });
      expect((await sh("echo out; echo err >&2")).output.split("\n").sort()).toEqual(["", "err", "out"]);
      expect((await run(["true"])).code).toBe(0);
      expect((await run(["nowhere"])).code).not.toBe(0);
    });

    it("keeps what a command changed, and only that", async () => {
      const { changed } = await sh("echo x > /tmp/file; mkdir /made; ln -s file /tmp/link; rm /etc/passwd");
      expect(changed).toEqual(["etc", "etc/passwd", "made", "tmp", "tmp/file", "tmp/link"]);
    });

    it("gives the environment it was told, with PATH and HOME where nothing is said", async () => {
      const { output } = await sh("env", { env: ["A=b c", "QUOTED=it's $HOME", "EMPTY="] });
      expect(output.split("\n")).toEqual(
        expect.arrayContaining([
          "A=b c",
          "QUOTED=it's $HOME",
          "EMPTY=",
          "HOME=/root",
          expect.stringMatching(/^PATH=.*:\/bin/),
        ]),
      );
      const odd = await sh("echo $HOME $PATH", { env: ["HOME=/h", "PATH=/bin:/odd"] });
      expect(odd.output).toBe("/h /bin:/odd\n");
      const known = /^(A|PATH|HOME|PWD|SHLVL|_)=/;
      const all = (await run(["/bin/env"], { env: ["A=1"] })).output.trim().split("\n");
      expect(all.filter((line) => !known.test(line))).toEqual([]);
    });

    it("gives it also what has names that no shell takes", async () => {
      const env = ["a.b=c d", "my-var=1=2", "9=it's"];
      for (const user of [0, 1234]) {
        const job = { env: [...env, "LATER=1"], user: { uid: user, gid: user, groups: [], home: "/" } };
        const { output } = await run(["/bin/env"], job);
        const lines = output.split("\n");
        expect([user, ...env.filter((each) => !lines.includes(each))]).toEqual([user]);
        expect(lines).toContain("LATER=1");
      }
    });

    it("has no files of the machine open", async () => {
      const { output } = await sh("for each in /proc/self/fd/*; do echo ${each##*/}; done; ls /proc/$$/fd");
      const numbers = new Set(output.trim().split(/\s+/).map(Number));
      // The shell has one more while it looks.
      expect([...numbers].filter((each) => each < 10 && each > 3)).toEqual([]);
      expect((await sh("readlink /proc/$$/fd/3 || echo none")).output).toBe("none\n");
    });

    it("filters system calls, wherever there is a program to do so", async () => {
      const { output } = await run(["/bin/cat", "/proc/self/status"]);
      expect(/^Seccomp:\s*(\d)$/m.exec(output)?.[1]).toBe(name === "plain" ? "0" : "2");
      const free = await run(["/bin/cat", "/proc/self/status"], { security: "insecure" });
      expect(/^Seccomp:\s*(\d)$/m.exec(free.output)?.[1]).toBe("0");
      // Docker's filter lets nobody make namespaces of users.
      if (name === "plain") return;
      const { code } = await sh("unshare -U true 2>/dev/null");
      expect(code).not.toBe(0);
    });

    it("lets a command do more or less than usual, as it is told", async () => {
      const effective = async (job: Partial<SandboxJob>) => {
        const { output } = await run(["/bin/cat", "/proc/self/status"], job);
        return BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(output)?.[1]}`);
      };
      const usual = await effective({});
      const without = await effective({ capabilities: chooseCapabilities([], ["chown", "CAP_KILL"]) });
      // Their numbers are 0 and 5.
      expect(without).toBe(usual & ~0b100001n);
      expect(await effective({ capabilities: chooseCapabilities(["LINUX_IMMUTABLE"], []) })).toBe(usual | (1n << 9n));
      const chown = "touch /tmp/x && chown 5:5 /tmp/x 2>/dev/null && echo done || echo refused";
      expect((await sh(chown)).output).toBe("done\n");
      const few = { capabilities: chooseCapabilities(["SYS_CHROOT"], ["ALL"]) };
      expect((await sh(chown, few)).output).toBe("refused\n");
      const none = { capabilities: chooseCapabilities([], ["ALL"]) };
      const running = sh(chown, none);
      if (name === "plain") await expect(running).rejects.toMatchObject({ code: "capability-unavailable" });
      else expect((await running).output).toBe("refused\n");
    });

    it("allows a command that may mount to do so, in spite of the filter", async () => {
      if (!chooseCapabilities(["ALL"], []).includes("CAP_SYS_ADMIN")) return;
      const { output } = await sh("mount -t tmpfs none /tmp && echo mounted", {
        capabilities: chooseCapabilities(["SYS_ADMIN"], []),
      });
      expect(output).toBe("mounted\n");
    });

    it("keeps a command from changing anything but mounts, where the root is to be read only", async () => {
      const cache = makeLower("cache");
      // A folder in memory has the mode of its place in runc, so it is root's.
      const users = name === "runc" ? [0] : [0, 1234];
      for (const uid of users) {
        const { output, changed } = await sh(
          "{ echo x > /tmp/file; } 2>&1 | grep -c 'Read-only'; echo y > /t/file && echo z > /cache/file && cat /t/file",
          {
            readonlyRoot: true,
            user: { uid, gid: uid, groups: [], home: "/" },
            mounts: [
              { type: "tmpfs", target: "/t" },
              { type: "bind", source: makeOpen(cache), target: "/cache", readonly: false },
            ],
          },
        );
        expect({ uid, output, changed }).toEqual({ uid, output: "1\ny\n", changed: [] });
        rmSync(join(cache, "file"));
      }
    });

    it("asks who it is told for the addresses of names", async () => {
      const resolver = { servers: ["192.0.2.1"], searches: ["a.example", "b.example"], options: ["ndots:2"] };
      const { output } = await sh("cat /etc/resolv.conf", { resolver });
      expect(output).toMatch(/^nameserver 192\.0\.2\.1\nsearch a\.example b\.example\noptions ndots:2\n/);
      expect(output.match(/^(?:nameserver|search|options)/gm)).toHaveLength(3);
    });

    it("makes the command another user, in a folder that is made for it", async () => {
      const user = { uid: 1234, gid: 5678, groups: [7, 8], home: "/" };
      const { output, changed } = await sh("id -u; id -g; id -G; pwd; touch /etc/no 2>/dev/null || echo refused", {
        user,
        cwd: "/new/here",
      });
      expect(output).toBe("1234\n5678\n5678 7 8\n/new/here\nrefused\n");
      expect(changed).toEqual(["new", "new/here"]);
    });

    it("has its own name, processes and file systems", async () => {
      const { output } = await sh(
        "hostname; cat /etc/hosts; ls /proc | grep -c '^[0-9]'; ls -d /dev/null /dev/shm /sys/kernel",
        {
          hosts: [{ name: "database", address: "10.1.2.3" }],
        },
      );
      expect(output).toContain("build\n");
      expect(output).toMatch(/10\.1\.2\.3\s+database/);
      expect(output).toMatch(/^[1-9]$/m);
      expect(output).toContain("/dev/null\n/dev/shm\n/sys/kernel");
    });

    it("cannot change the machine", async () => {
      const { output } = await sh(
        "echo x > /proc/sys/kernel/hostname; echo c > /proc/sysrq-trigger; mount -t tmpfs none /tmp && echo mounted; " +
          "cat /proc/keys | head -c 10; echo end",
      );
      expect(output).not.toContain("mounted");
      expect(output).toContain("end");
      expect(output.match(/read-only file system|permission denied|not permitted/gi)?.length).toBeGreaterThanOrEqual(2);
    });

    it("follows links of the image inside it only, for its own files, the working folder and mounts", async () => {
      const outside = makeLower("outside");
      const image = makeLower("image");
      symlinkSync(outside, join(image, "etc"));
      symlinkSync(outside, join(image, "work"));
      const cache = makeLower("cache");
      symlinkSync(outside, join(cache, "out"));
      const mounts = [
        { type: "bind", source: cache, target: "/cache", readonly: false },
        { type: "tmpfs", target: "/cache/out/in" },
      ] as const;
      const job = { lowers: [makeProgram(), image], cwd: "/new/deep" };
      expect((await sh("pwd", job)).code).toBe(0);
      await sh("true", { ...job, mounts }).catch((error) => expect(error.code).toBe("sandbox-failed"));
      expect(readdirSync(outside)).toEqual([]);
    });

    it("makes device and setuid files as Docker does", async () => {
      const { code, output } = await sh("chmod 4755 /tmp; mknod /tmp/fifo p; mknod /tmp/null c 1 3; ls /tmp");
      expect(code).toBe(0);
      expect(output).toContain("fifo");
      expect(output.includes("null\n")).toBe(!insideUserNamespace());
    });

    it("runs again on what it left, also where the places of mounts were removed", async () => {
      const removed = makeLower("upper");
      systemCalls().makeNode(join(removed, "etc"), 0o020000, { major: 0, minor: 0 });
      const job = { upper: removed, work: makeLower("work"), scratch: join(makeLower("scratch"), "sandbox") };
      for (const _again of [1, 2]) {
        expect((await sh("cat /etc/hosts > /dev/null && echo x > /tmp/y", job)).code).toBe(0);
        expect(readdirSync(removed).sort()).toEqual(["etc", "tmp"]);
        expect(lstatSync(join(removed, "etc")).isCharacterDevice()).toBe(true);
      }
    });

    it("tells a command that is not there from a sandbox that cannot be set up", async () => {
      const { code, output } = await run(["/nowhere"]);
      expect(output).toMatch(/no such file|not found/i);
      if (name !== "bubblewrap") expect(code).toBe(127);
      const running = run(["true"], { lowers: [join(root, "missing")] });
      await expect(running).rejects.toMatchObject({ code: "sandbox-failed" });
    });

    it("leaves the host whole when a command removes everything or points it at the host", async () => {
      const witness = join(root, "witness");
      writeFileSync(witness, "here");
      const { output } = await sh(
        `rm -rf /* 2>/dev/null; echo survived; /bin/busybox cat ${witness} 2>/dev/null; echo > /etc/hosts; ` +
          "exec 2>/dev/null; ln -s / /up; cd /up/../../..; ls",
      );
      expect(output).toContain("survived");
      expect(output).not.toContain("here");
      expect(existsSync(witness)).toBe(true);
      expect(existsSync("/etc/passwd")).toBe(true);
    });

    it("shows files of the host and of layers where it is told, and leaves no trace of the places", async () => {
      const folder = makeLower("shown");
      writeFileSync(join(folder, "f"), "from the host");
      const layer = makeLower("layer");
      mkdirSync(join(layer, "dir"));
      writeFileSync(join(layer, "dir/g"), "from a layer");
      const upperLayer = makeLower("layer");
      mkdirSync(join(upperLayer, "dir"));
      writeFileSync(join(upperLayer, "dir/h"), "from another");
      const { output, changed } = await sh(
        "cat /in/f /run/one; cat /deep/er/g /deep/er/h; echo x > /deep/er/new && echo written; " +
          "{ echo y > /in/f; } 2>/dev/null || echo refused; cat /plain/g; touch /plain/x 2>/dev/null || echo refused; echo z > /t/z; echo /t/*",
        {
          mounts: [
            { type: "bind", source: folder, target: "/in", readonly: true },
            { type: "bind", source: join(folder, "f"), target: "/run/one", readonly: true },
            { type: "layers", lowers: [layer, upperLayer], source: "/dir", target: "/deep/er", writable: true },
            { type: "layers", lowers: [layer], source: "/dir", target: "/plain", writable: false },
            { type: "tmpfs", target: "/t", size: 1 << 20 },
          ],
        },
      );
      expect(output).toBe(
        "from the hostfrom the hostfrom a layerfrom anotherwritten\nrefused\nfrom a layerrefused\n/t/z\n",
      );
      expect(changed).toEqual([]);
      expect(existsSync(join(layer, "dir/new"))).toBe(false);
    });

    it("writes to folders of the host that may be written to", async () => {
      const folder = makeLower("cache");
      const { changed } = await sh("echo kept > /cache/file", {
        mounts: [{ type: "bind", source: folder, target: "/cache", readonly: false }],
      });
      expect(changed).toEqual([]);
      expect(readdirSync(folder)).toEqual(["file"]);
    });

    it("mounts through links of the image, and where an upper layer has removed the place", async () => {
      const removed = makeLower("removed");
      systemCalls().makeNode(join(removed, "etc"), 0o020000, { major: 0, minor: 0 });
      const linked = makeLower("linked");
      mkdirSync(join(linked, "real/inside"), { recursive: true });
      symlinkSync("/real", join(linked, "link"));
      const { output, changed, code } = await sh("cat /etc/hosts > /dev/null && echo hosts; ls /real/inside", {
        lowers: [lower, removed, linked],
        mounts: [{ type: "tmpfs", target: "/link/inside/mount" }],
      });
      expect({ output, changed, code }).toEqual({ output: "hosts\nmount\n", changed: [], code: 0 });
    });

    it("takes two hundred layers", async () => {
      const layers = Array.from({ length: 200 }, (_, at) => {
        const layer = makeLower("l");
        writeFileSync(join(layer, `f${at}`), "");
        return layer;
      });
      const { output } = await sh("ls / | grep -c '^f'", { lowers: [lower, ...layers] });
      expect(output).toBe("200\n");
    });

    it("has the machine's network, or none but its own", async () => {
      // It answers only when it has been asked: an answer before the question may be lost with the connection.
      const answer = "HTTP/1.0 200 OK\r\n\r\nhello";
      const server = createServer((socket) => socket.once("data", () => socket.end(answer))).listen(0, "127.0.0.1");
      await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      try {
        const script = `wget -q -O - http://127.0.0.1:${port}/ 2>/dev/null || echo unreachable`;
        expect((await sh(script)).output).toBe("hello");
        expect((await sh(`${script}; ip -o link | grep -vc ' lo'`, { network: "none" })).output).toMatch(
          /unreachable\n0\n$/,
        );
      } finally {
        server.close();
      }
    });

    it("offers a script at the path that is run", async () => {
      const { output, changed } = await run(["/bin/sh", "-c", "/dev/pipes/EOF"], {
        script: '#!/bin/sh\necho "script $0"\n',
      });
      expect(output).toBe("script /dev/pipes/EOF\n");
      expect(changed).toEqual([]);
    });

    it("ends everything that a command left behind", async () => {
      const before = sleepers();
      const { code, output } = await sh(`sleep ${long} & sleep ${long} & echo begun`);
      expect({ code, output }).toEqual({ code: 0, output: "begun\n" });
      expect(sleepers()).toBe(before);
    });

    it("ends everything when it is told to stop", async () => {
      const before = sleepers();
      const controller = new AbortController();
      let said = "";
      const stop = (_: unknown, chunk: Uint8Array) => {
        said += Buffer.from(chunk);
        if (said.includes("begun")) controller.abort();
      };
      const running = sh(
        `trap '' TERM INT; sleep ${long} & echo begun; sleep ${long}`,
        {},
        { signal: controller.signal, output: stop },
      );
      await expect(running).rejects.toMatchObject({ name: "AbortError" });
      expect(sleepers()).toBe(before);
    });

    it("ends a command that takes too long", async () => {
      expect(await sh(`sleep ${long}`, { limits: { timeout: 200 } })).toMatchObject({ reason: "timeout" });
    });

    it("limits processes", async () => {
      const { output } = await sh(
        "i=0; while [ $i -lt 100 ]; do i=$((i + 1)); sleep 5 & done; kill -9 -1",
        // A runtime's own threads count too.
        { limits: { processes: 60, timeout: 10_000 } },
      );
      expect(output).toMatch(/can't fork|Cannot fork|Resource temporarily unavailable/);
    });

    it("limits what ulimits name", async () => {
      const limits = { ulimits: [{ name: "nofile", soft: 64, hard: 128 }] } as const;
      const { output } = await run(["/bin/sh", "-c", "ulimit -n; ulimit -H -n"], { limits });
      expect(output).toBe("64\n128\n");
    });

    it("limits memory, and says so; an ordinary user is told that this cannot be done", async () => {
      if (insideUserNamespace()) {
        const running = run(["true"], { limits: { memory: 32 << 20 } });
        return await expect(running).rejects.toMatchObject({ code: "limits-unavailable" });
      }
      const exit = await sh("dd if=/dev/zero of=/dev/null bs=200M count=1", { limits: { memory: 32 << 20 } });
      expect(exit).toMatchObject({ reason: "memory" });
    });

    it("lets a command of any user open its output by name", async () => {
      const user = { uid: 1234, gid: 1234, groups: [], home: "/" };
      for (const job of [{}, { user }]) {
        const { code, output } = await sh("echo out > /dev/stdout; echo err > /dev/stderr", job);
        expect({ code, lines: output.split("\n").sort() }).toEqual({ code: 0, lines: ["", "err", "out"] });
      }
    });

    it("passes on all of a great deal of output", async () => {
      let bytes = 0;
      const output = (_: unknown, chunk: Uint8Array) => {
        bytes += chunk.length;
      };
      await sh("yes 0123456789abcdef | dd bs=1M count=16 iflag=fullblock 2>/dev/null", {}, { output });
      expect(bytes).toBe(16 << 20);
    });

    it("puts no value of the environment where other users see it", async () => {
      const { output } = await sh(`ls /proc/1/cmdline >/dev/null; cat /proc/*/cmdline`, {
        env: ["TOKEN=hidden-value"],
      });
      expect(output).not.toContain("hidden-value");
    });

    it("lets a command do everything only where that is allowed", async () => {
      const script = "mount -t tmpfs none /tmp && echo mounted";
      expect((await sh(script)).output).not.toContain("mounted\n");
      expect((await sh(script, { security: "insecure" })).output).toContain("mounted\n");
    });
  });
});

describe.skipIf(!ready)("looking for a sandbox", () => {
  it("takes the first that works, and remembers that it does", async () => {
    const store = mkdtempSync(join(root, "store-"));
    const { name } = await openSandbox({ store });
    expect(name).toBe("crun");
    expect(readdirSync(join(store, "programs"))).toContain("crun.works");
    expect((await openSandbox({ store, isolation: "plain" })).name).toBe("plain");
  });
});

/** How many of this test's long sleepers are there. */
function sleepers(): number {
  return execFileSync("ps", ["-eo", "args", "-ww"], { encoding: "utf8" })
    .split("\n")
    .filter((line) => line.startsWith(`sleep ${long}`)).length;
}
