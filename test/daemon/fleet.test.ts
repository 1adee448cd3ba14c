import { spawn } from "node:child_process";
import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { BuildkitClient } from "@strake/daemon";
import { expect, it } from "vitest";
import { baseNeeds } from "../support/base-images.ts";
import { buildkitNeeds } from "../support/buildkit-daemon.ts";
import { compareImages } from "../support/compare-images.ts";
import { findProgram } from "../support/find-program.ts";
import { judgeNeeds } from "../support/image-files.ts";
import { need } from "../support/need.ts";
import { project } from "../support/project.ts";
import { registry } from "../support/registry.ts";
import { runStrake } from "../support/run-strake.ts";
import type { OwnBuildkitd } from "../support/start-buildkitd.ts";
import { strakeBin } from "../support/strake-bin.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { makeGate } from "./gate.ts";
import { ownBuildkitd } from "./own-buildkitd.ts";

const count = 6;

need(
  ...buildkitNeeds,
  ...baseNeeds,
  ...judgeNeeds,
  "busybox",
  "crun",
)("strake build with several builders", () => {
  it("spreads the images, makes what the engine makes, and goes back to who has an image's cache", async () => {
    const daemons = [await ownBuildkitd(), await ownBuildkitd()];
    const gate = await makeGate();
    const cwd = images(`echo begun; ${gate.command}; echo made > /made`);
    const home = temporaryFolder();
    const args = ["build", "--progress", "plain", ...builders(daemons)];
    const first = await interfere(["build", ...builders(daemons)], cwd, gate.open, { env: { STRAKE_HOME: home } });
    expect(first.status, first.stderr).toBe(0);
    expect(shares(first.stderr, daemons).sort()).toEqual([3, 3]);

    expect(await comparedToEngine(cwd, home)).toEqual([]);

    const again = await runStrake(args, { cwd, home });
    expect(again.status, again.stderr).toBe(0);
    expect(again.stderr).toContain("CACHED");
    expect(again.stderr).not.toContain("DONE");
    expect(summary(again.stderr)).toEqual(summary(first.stderr));
  });

  it("shares steps with other builders through a registry", async () => {
    const { address } = await registry();
    const daemons = [await ownBuildkitd(), await ownBuildkitd(), await ownBuildkitd()];
    const cwd = images("/bin/busybox cat /proc/sys/kernel/random/uuid > /made");
    const cache = `type=registry,ref=${address}/cache-${process.pid}:{image},registry.insecure=true`;
    const to = ["--cache-to", `${cache},mode=max`];
    const first = await runStrake(["build", ...to, ...builders(daemons.slice(0, 2))], { cwd });
    expect(first.status, first.stderr).toBe(0);
    // What the commands write is another each time, so equal ids were not made again.
    const second = await runStrake(["build", "--cache-from", cache, ...builders(daemons.slice(2))], { cwd });
    expect(second.status, second.stderr).toBe(0);
    expect(second.stdout).toBe(first.stdout);
  });

  it("builds the platforms of an image where the settings say, and makes one index of them", async () => {
    const daemons = [await ownBuildkitd(), await ownBuildkitd()];
    const [one, two] = daemons as [OwnBuildkitd, OwnBuildkitd];
    const settings = [
      `one: { address: "${one.address}", platforms: [linux/amd64] }`,
      `two: { address: "${two.address}", platforms: [linux/386] }`,
    ].join("\n");
    const cwd = images("/bin/busybox uname -m > /machine", `.platforms("linux/amd64", "linux/386")`);
    const env = { STRAKE_BUILDERS: join(project({ "builders.yaml": settings }), "builders.yaml") };
    const output = ["--progress", "plain", "-o", "type=oci,tar=false,dest=layout", "image1"];
    const built = await runStrake(["build", "--builder", "fleet", ...output], { cwd, env });
    expect(built.status, built.stderr).toBe(0);
    expect(built.stderr).toContain(`one (${one.address}) built 1 image: image1 linux/amd64\n`);
    expect(built.stderr).toContain(`two (${two.address}) built 1 image: image1 linux/386\n`);
    const index = readIndex(join(cwd, "layout"));
    expect(index.manifests.map(({ platform }) => platform?.architecture).sort()).toEqual(["386", "amd64"]);

    const nobody = await runStrake(["build", "--builder", "two", "--builder", "two2", ...output], { cwd, env });
    expect(nobody).toMatchObject({ status: 2, stderr: expect.stringContaining("Did you mean two?") });
  });

  it("goes on without a builder that dies in the middle", async () => {
    const daemons = [await ownBuildkitd(), await ownBuildkitd()];
    const gate = await makeGate();
    const cwd = images(`echo begun; ${gate.command}; echo made > /made`);
    const home = temporaryFolder();
    const kill = () => {
      daemons[0]?.kill("SIGKILL");
      gate.open();
    };
    const { status, stderr } = await interfere(["build", ...builders(daemons)], cwd, kill, {
      env: { STRAKE_HOME: home },
    });
    expect(status, stderr).toBe(0);
    expect(stderr.match(/WARNING: the builder .* is left out/g)).toHaveLength(1);
    expect(stderr).toContain(`${daemons[0]?.address} built nothing: `);
    expect(shares(stderr, daemons)).toEqual([0, count]);
    expect(await comparedToEngine(cwd, home)).toEqual([]);
  });

  it("gives a builder that is being stopped nothing more", async () => {
    const daemons = [await ownBuildkitd(), await ownBuildkitd()];
    const settings = daemons.map(({ address }, at) => `b${at}: { address: "${address}", jobs: 1 }`).join("\n");
    const env = { STRAKE_BUILDERS: join(project({ "builders.yaml": settings }), "builders.yaml") };
    const gate = await makeGate();
    const cwd = images(`echo begun; ${gate.command}; echo made > /made`);
    const stop = () => {
      daemons[0]?.kill("SIGTERM");
      gate.open();
    };
    const { status, stderr } = await interfere(["build", "--builder", "fleet"], cwd, stop, { env, after: 2 });
    expect(status, stderr).toBe(0);
    expect(stderr.match(/WARNING: the builder b0 .* is left out/g)).toHaveLength(1);
    const [first = 0, second = 0] = shares(stderr, daemons);
    expect(first).toBeLessThanOrEqual(1);
    expect(first + second).toBe(count);
  });

  it("names every builder and why it is gone, when all are", async () => {
    const daemons = [await ownBuildkitd(), await ownBuildkitd()];
    const cwd = images("echo begun; /bin/busybox sleep 300; echo made > /made");
    const kill = () => {
      for (const daemon of daemons) daemon.kill("SIGKILL");
    };
    const { status, stderr } = await interfere(["build", ...builders(daemons)], cwd, kill);
    expect(status).toBe(1);
    expect(stderr).toContain("no builder can build image");
    for (const { address } of daemons) expect(stderr).toContain(`  ${address}: ${address} broke the connection`);

    const wrong = await runStrake(["build", "--builder", "ftp://host", "--builder", "unix:///no/such.sock"], { cwd });
    expect(wrong.stderr).toContain('"ftp://host" is not an address of a daemon');
    const none = ["--builder", "unix:///no/such/one.sock", "--builder", "unix:///no/such/two.sock"];
    const absent = await runStrake(["build", ...none], { cwd });
    expect(absent.status).toBe(1);
    expect(absent.stderr).toContain("no builder answers");
    for (const name of ["one", "two"])
      expect(absent.stderr).toContain(`no daemon answers at unix:///no/such/${name}.sock`);
  });

  it("tells a failing step from a lost builder, and leaves nothing running on any", async () => {
    const daemons = [await ownBuildkitd(), await ownBuildkitd()];
    const cwd = images("echo begun; test -e /app/3 && exit 7; /bin/busybox sleep 300");
    const { status, stderr } = await interfere(["build", ...builders(daemons)], cwd, () => undefined);
    expect(status).toBe(1);
    expect(stderr).toContain("exited with 7");
    expect(stderr).not.toContain("left out");
    await nothingRuns(daemons);
  });

  it("leaves nothing running after Ctrl-C", async () => {
    const daemons = [await ownBuildkitd(), await ownBuildkitd()];
    const cwd = images("echo begun; /bin/busybox sleep 300");
    const { status, stderr } = await interfere(["build", ...builders(daemons)], cwd, (pid) =>
      process.kill(pid, "SIGINT"),
    );
    expect(status).toBe(130);
    expect(stderr).not.toContain("left out");
    await nothingRuns(daemons);
  });
});

/** A project of some images, each of which runs a command of its own over nothing but a busybox. */
function images(command: string, more = ""): string {
  const text = `import { image } from "strake";
let base = image().from("scratch").copy("busybox", "/bin/")${more};
// BuildKit leaves the places of its mounts in the image, and the engine does not.
for (const folder of ["dev", "etc", "proc", "sys"]) base = base.write("/" + folder + "/kept", "");
const images = {};
for (let number = 1; number <= ${count}; number++) {
  images["image" + number] = base.write("/app/" + number, "").run(["/bin/busybox", "sh", "-c", ${JSON.stringify(command)}]);
}
export default images;
`;
  const folder = project({ "build.ts": text, busybox: readFileSync(findProgram("busybox") as string) });
  chmodSync(join(folder, "busybox"), 0o755);
  return folder;
}

/** Builds the images with the engine too, and lists what two of them have otherwise in a store. */
async function comparedToEngine(cwd: string, home: string): Promise<readonly string[]> {
  const ours = temporaryFolder();
  expect(await runStrake(["build", "-q", "image1", "image2"], { cwd, home: ours })).toMatchObject({ status: 0 });
  const saved = async (name: string, at: string) => {
    const file = join(temporaryFolder(), `${name}.tar`);
    expect(await runStrake(["save", name, "-o", file], { cwd, home: at })).toMatchObject({ status: 0 });
    return file;
  };
  const differences = ["image1", "image2"].map(async (name) =>
    compareImages(await saved(name, home), await saved(name, ours)),
  );
  return (await Promise.all(differences)).flat();
}

function builders(daemons: readonly OwnBuildkitd[]): readonly string[] {
  return daemons.flatMap(({ address }) => ["--builder", address]);
}

/** The lines that say who built what. */
function summary(stderr: string): readonly string[] {
  return stderr.split("\n").filter((line) => / built (nothing|\d+ image)/.test(line));
}

function shares(stderr: string, daemons: readonly OwnBuildkitd[]): number[] {
  return daemons.map(({ address }) => {
    const line = summary(stderr).find((each) => each.includes(address));
    return Number(/ built (\d+)/.exec(line ?? "")?.[1] ?? 0);
  });
}

function readIndex(layout: string): {
  readonly manifests: readonly { readonly platform?: { architecture: string } }[];
} {
  const read = (path: string) => JSON.parse(readFileSync(join(layout, path), "utf8"));
  return read(join("blobs", "sha256", read("index.json").manifests[0].digest.replace("sha256:", "")));
}

/** Starts a build, and does something as soon as commands have begun: all of them, or as many as is said. */
async function interfere(
  args: readonly string[],
  cwd: string,
  act: (pid: number) => void,
  { env = {}, after = count }: { env?: Readonly<Record<string, string>>; after?: number } = {},
) {
  const child = spawn(process.execPath, [strakeBin, ...args, "--progress", "plain"], {
    cwd,
    env: { ...process.env, STRAKE_HOME: temporaryFolder(), NODE_EXTRA_CA_CERTS: undefined, ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  let acted = false;
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
    if (acted || (stderr.match(/^#\d+ begun$/gm) ?? []).length < after) return;
    acted = true;
    act(child.pid as number);
  });
  const status = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { status, stderr };
}

async function nothingRuns(daemons: readonly OwnBuildkitd[]): Promise<void> {
  for (const { address } of daemons) {
    const client = await BuildkitClient.connect(address);
    const active = async () => {
      let builds = 0;
      for await (const event of client.buildHistory({ ActiveOnly: true, EarlyExit: true })) {
        if (event.record?.CompletedAt === undefined) builds++;
      }
      return builds;
    };
    await expect.poll(active).toBe(0);
    client.close();
  }
}
