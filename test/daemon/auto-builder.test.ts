import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { ordinaryUser, userNeeds } from "../run/ordinary-user.ts";
import { baseNeeds, serveBases } from "../support/base-images.ts";
import { buildkitDaemon, buildkitNeeds } from "../support/buildkit-daemon.ts";
import { compareImages } from "../support/compare-images.ts";
import { findProgram } from "../support/find-program.ts";
import { judgeNeeds } from "../support/image-files.ts";
import { need } from "../support/need.ts";
import { project } from "../support/project.ts";
import { runProgram } from "../support/run-program.ts";
import { strakeBin } from "../support/strake-bin.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const nobody = "unix:///no/such/docker.sock";

/** Runs strake where there may be no Docker Engine; bare: as within a container, in which nothing can be mounted. */
function runAuto(cwd: string, { bare, env = {} }: { bare: boolean; env?: Record<string, string> }, ...args: string[]) {
  const container = bare ? ["setpriv", "--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin"] : [];
  const [command = "", ...rest] = [...container, process.execPath, strakeBin, "build", "--builder", "auto", ...args];
  return runProgram(command, [...rest, "--progress", "plain"], {
    cwd,
    env: { STRAKE_HOME: temporaryFolder(), DOCKER_HOST: nobody, BUILDKIT_HOST: undefined, ...env },
  });
}

need(
  ...buildkitNeeds,
  ...baseNeeds,
  ...judgeNeeds,
  "crun",
  "setpriv",
)("strake build --builder auto", () => {
  it("takes the engine where that can do it, else the BuildKit that it finds, with the same result", async () => {
    const [{ address }, bases] = await Promise.all([buildkitDaemon(), serveBases("busybox")]);
    const text = `import { image } from "strake";
export const app = image().from("${bases.address}/library/busybox").run("echo made > /made");\n`;
    const cwd = project({ "build.ts": text });
    const build = async (name: string, how: Parameters<typeof runAuto>[1]) => {
      const { status, stderr } = await runAuto(cwd, how, "-o", `type=docker,dest=${join(cwd, name)}`);
      expect(status, stderr).toBe(0);
      return stderr;
    };
    expect(await build("engine.tar", { bare: false })).toContain("builder: engine (it can do all that is asked)\n");
    const elsewhere = await build("daemon.tar", { bare: true, env: { BUILDKIT_HOST: address } });
    expect(elsewhere).toContain(`builder: BuildKit at ${address} (engine: commands cannot be run on this machine`);
    expect(await compareImages(join(cwd, "engine.tar"), join(cwd, "daemon.tar"))).toEqual([]);
  });

  it("names all that was tried where nobody can do it", async () => {
    const bases = await serveBases("busybox");
    const text = (command: string) =>
      `import { image } from "strake";\nexport const app = image().from("${bases.address}/library/busybox")${command};\n`;
    const cwd = project({ "build.ts": text(`.run("true")`) });
    const { status, stderr } = await runAuto(cwd, { bare: true });
    expect(status).toBe(1);
    expect(stderr).toContain("nothing here can build app for linux/amd64");
    expect(stderr).toContain("engine: commands cannot be run on this machine");
    expect(stderr).toContain("BUILDKIT_HOST: it is not set");
    expect(stderr).toContain(`Docker at ${nobody}, from DOCKER_HOST: no daemon answers`);
    // Where there is no command, nothing is lacking.
    const files = await runAuto(project({ "build.ts": text(`.env({ A: "b" })`) }), { bare: true });
    expect(files.status, files.stderr).toBe(0);
  });
});

need(
  ...userNeeds,
  "busybox",
  "crun",
)("strake build --builder auto of an ordinary user", () => {
  it("starts itself again once for all images, and takes the engine", async () => {
    const user = ordinaryUser();
    onTestFinished(() => user.remove());
    const text = `import { image } from "strake";
const base = image().from("scratch").copy("busybox", "/bin/");
const command = (text: string) => base.run(["/bin/busybox", "sh", "-c", text]);
export const one = command("echo 1 > /made");
export const two = command("echo 2 > /made");\n`;
    const cwd = project({ "build.ts": text, busybox: readFileSync(findProgram("busybox") as string) });
    chmodSync(join(cwd, "busybox"), 0o755);
    user.own(cwd);
    for (const more of [[], ["--builder", "auto"], ["--builder", "engine", "--builder", nobody]]) {
      const built = await user.strake(["build", "--progress", "plain", ...more], { cwd });
      expect(built.status, built.stderr).toBe(0);
      expect(built.stdout.split("\n")).toHaveLength(3);
      expect(built.stderr.match(/ => /g)).toHaveLength(2);
      expect(built.stderr.match(/^builder: engine|is left out/gm) ?? []).toHaveLength(more.length === 0 ? 0 : 1);
    }
  });
});
