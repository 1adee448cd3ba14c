import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { serveBases } from "../support/base-images.ts";
import { need } from "../support/need.ts";
import type { RunOptions } from "../support/run-program.ts";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { runNeeds, runProject } from "./run-project.ts";

const here = `linux/${process.arch === "x64" ? "amd64" : process.arch}`;
const elsewhere = here === "linux/amd64" ? "linux/arm64/v8" : "linux/amd64";

need(...runNeeds)("run", () => {
  const home = temporaryFolder();
  let image = "";
  beforeAll(async () => {
    image = `${(await serveBases("busybox")).address}/library/busybox:latest`;
    const cwd = await runProject("export const app = base.user('node');");
    const built = await runStrake(["build"], { cwd, home });
    expect(built.status, built.stderr).toBe(0);
  });
  const strake = (args: readonly string[], options?: RunOptions) => runStrake(args, { home, ...options });
  const run = (options: readonly string[], script = "true", more?: RunOptions) =>
    strake(["run", "--rm", ...options, "app", "sh", "-c", script], more);

  it("asks a registry for an image always, where it is missing, or never", async () => {
    const other = temporaryFolder();
    const start = (...options: string[]) =>
      runStrake(["run", "--rm", ...options, image, "echo", "ran"], { home: other });
    const names = async () => (await runStrake(["images", "--format", "{{.Repository}}"], { home: other })).stdout;
    const never = await start("--pull", "never");
    expect([never.status, never.stderr]).toEqual([1, expect.stringContaining(`there is no image "${image}"`)]);
    expect(await start("--pull=missing")).toMatchObject({ status: 0, stdout: "ran\n" });
    expect(await start("--pull", "always", "-q")).toMatchObject({ status: 0, stdout: "ran\n", stderr: "" });
    expect(await names()).toBe(image.replace(/:latest$/, "\n"));
    expect(await start("--pull", "never")).toMatchObject({ status: 0, stdout: "ran\n" });
    expect((await start("--pull", "always")).stderr).toContain("Digest: sha256:");
    const sometimes = await start("--pull", "sometimes");
    expect([sometimes.status, sometimes.stderr]).toEqual([2, expect.stringContaining("always, missing, never")]);
  });

  it("takes the image for the platform that is asked for", async () => {
    const other = temporaryFolder();
    const pulled = await runStrake(["pull", "--platform", elsewhere, image], { home: other });
    expect(pulled.status, pulled.stderr).toBe(0);
    const start = (...options: string[]) => runStrake(["run", "--rm", ...options, image, "true"], { home: other });
    const never = await start("--platform", here, "--pull", "never");
    expect([never.status, never.stderr]).toEqual([1, expect.stringContaining(`is for ${elsewhere}, not for ${here}`)]);
    expect((await start()).stderr).toContain(`is for ${elsewhere}, and this machine is ${here}\n`);
    const asked = await start("--platform", here);
    expect(asked.status, asked.stderr).toBe(0);
    expect(asked.stderr).toContain(`is for ${elsewhere}; its registry is asked for ${here}\n`);
    expect(await start("--platform", here)).toMatchObject({ status: 0, stderr: "" });
    expect((await start("--platform", "amd46")).stderr).toContain('"amd46" is not a platform');
  });

  it("says which images there are, where one that is nowhere is to be run", async () => {
    const { address } = await serveBases("busybox");
    const start = async (name: string) => (await strake(["container", "run", "--rm", name])).stderr;
    await strake(["tag", "app", `${address}/team/app:1`]);
    expect(await start(`${address}/team/app:2`)).toContain(
      `The local store has no image "${address}/team/app:2". It has ${address}/team/app:1.\n`,
    );
    expect(await start(`${address}/team/apt:1`)).toContain(`Did you mean ${address}/team/app:1?\n`);
    expect(await start(`${address}/other/thing`)).toContain(`The local store has no image "${address}/other/thing".\n`);
    await strake(["rmi", `${address}/team/app:1`]);
  });

  it("gives the command less to write to, and other groups, rights and name servers", async () => {
    const folder = temporaryFolder();
    const shown = await run(
      ["--read-only", "--tmpfs", "/tmp", "--mount", "type=bind,src=.,dst=/w,readonly", "-u", "0", "--pids-limit=99"],
      "for each in /etc /w; do touch $each/x 2>&1 | grep -o 'Read-only.*'; done; touch /tmp/x && echo written",
      { cwd: folder },
    );
    expect(shown).toMatchObject({ stdout: "Read-only file system\nRead-only file system\nwritten\n", stderr: "" });
    expect(existsSync(join(folder, "x"))).toBe(false);
    const rights = "chown 5 /etc/passwd 2>/dev/null && echo may || echo may not; id -G; cat /etc/resolv.conf";
    const dns = ["--dns", "192.0.2.1", "--dns-search", "a.example", "--dns-option", "ndots:2"];
    const less = await run(
      ["-u", "0", "--cap-drop", "chown", "--group-add", "staff", "--group-add", "77", ...dns],
      rights,
    );
    expect(less.stdout).toMatch(
      /^may not\n0( \d+)* 50 77\nnameserver 192\.0\.2\.1\nsearch a\.example\noptions ndots:2\n/,
    );
    const again = await run(["-u", "0", "--cap-drop", "ALL", "--cap-add", "CAP_CHOWN"], rights);
    expect(again.stdout).toMatch(/^may\n/);
  });

  it("gives containers labels, which are listed and chosen by", async () => {
    for (const [name, ...labels] of [
      ["one", "-l", "team=web", "--label", "tier"],
      ["two", "-l", "team=db"],
      ["three"],
    ]) {
      await strake(["run", "--name", name as string, ...labels, "app", "true"]);
    }
    const listed = async (...args: string[]) =>
      (await strake(["ps", "-a", "--format", "{{.Names}} {{.Labels}}", ...args])).stdout.trimEnd().split("\n");
    expect(await listed("-f", "label=team")).toEqual(["two team=db", "one team=web,tier="]);
    expect(await listed("-f", "label=team=web")).toEqual(["one team=web,tier="]);
    expect(await listed("-f", "label=team=db", "-f", "label=tier")).toEqual([""]);
    await strake(["rm", "one", "two", "three"]);
  });

  it("takes what is so here anyway, and says what has no effect", async () => {
    const granted = ["-P", "--expose=80", "--no-healthcheck", "--sig-proxy=false", "-a", "stdout", "--restart", "no"];
    const more = ["--net", "host", "--security-opt", "label=disable", "--pids-limit", "-1", "-v", `${home}:/h:ro,z`];
    expect(await run([...granted, ...more], "echo ran")).toMatchObject({ status: 0, stdout: "ran\n", stderr: "" });
    const { status, stderr } = await run(["--init", "--cpuset-cpus", "0", "--health-cmd", "x"]);
    expect(status).toBe(0);
    expect(stderr.trimEnd().split("\n")).toEqual([
      "strake: --cpuset-cpus has no effect: --cpus limits a container",
      "strake: --health-cmd has no effect: nobody asks for a container's health",
      expect.stringMatching(/^strake: --init has no effect: the command is the first process/),
    ]);
  });

  it.each([
    [["--network", "bridge"], 2, "--network bridge: a container has the machine's network, host, or none"],
    [["--restart", "always"], 2, "--restart: there is no daemon"],
    [["--device", "/dev/fuse"], 2, "--device: devices of the machine"],
    [["--volumes-from", "x"], 2, "--volumes-from: there are no volumes"],
    [["-v", "/data"], 2, "Leave it out: what the command writes to /data is in the container anyway."],
    [["-v", "data:/data"], 2, "-v data:/data: there are no named volumes"],
    [["-v", ".:/data:rx"], 2, "expected SOURCE:TARGET or SOURCE:TARGET:ro"],
    [["--mount", "type=bind,src=/none,dst=/x"], 2, "--mount type=bind,src=/none,dst=/x: /none does not exist"],
    [["--mount", "src=a,dst=/x"], 2, "there is no type=volume here"],
    [["--mount", "type=bind,src=."], 2, "target=/FOLDER is missing"],
    [["--mount", "type=bind,dst=/x"], 2, "source=FOLDER is missing"],
    [["--mount", "type=bind,form=x"], 2, '"form=x" is not known'],
    [["--cap-add", "EVERYTHING"], 1, 'there is no capability "EVERYTHING"'],
    [["--group-add", "nobodies"], 1, 'the image has no group "nobodies"'],
    [["--pids-limit", "some"], 2, "--pids-limit some: expected a number of at least 1"],
    [["--label", "=x"], 2, "--label =x: there is no name"],
  ])("refuses %j and says why", async (options, status, message) => {
    const refused = await run(options);
    expect(refused).toMatchObject({ status, stdout: "", stderr: expect.stringContaining(message) });
    expect((await strake(["ps", "-a", "-q"])).stdout).toBe("");
  });
});
