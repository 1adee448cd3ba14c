import { linkSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { buildkitDaemon, buildkitNeeds } from "../support/buildkit-daemon.ts";
import { missing } from "../support/missing.ts";
import { runOrThrow } from "../support/run-program.ts";
import { strakeBin } from "../support/strake-bin.ts";
import { layerFiles } from "./input.ts";
import { type OwnRegistry, ownRegistry, processorTime } from "./own-registry.ts";
import { median, printRatio, printSeconds, printTable } from "./table.ts";

/** The small files of the context: one in a layer of 100 MB, one that is a layer by itself. */
const changing = ["last/small", "small"] as const;

/** One thing that is measured: who does it, and how. */
interface Work {
  readonly name: string;
  /** @param address the registry's; a new and empty one each time where the scenario asks for that */
  readonly run: (round: number, address: string) => Promise<unknown>;
  /** Done before each run, and not measured. */
  readonly prepare?: (address: string, round: number) => Promise<unknown>;
}

/** What one run took, in milliseconds; processor times are of what was started and of the registry. */
interface Taken {
  readonly wall: number;
  readonly own: number;
  readonly registry: number;
}

/**
 * Measures pushing and pulling 1 GB in ten layers, half of it compressible, beside skopeo, and `build --push` of the
 * same beside buildctl. The registry is on this machine, so its own work is part of every push; how busy it and the
 * client are tells what limits them.
 */
export async function benchRegistry(rounds: number): Promise<void> {
  const absent = missing(["linux", "docker-registry", "skopeo"]);
  if (absent.length > 0) return console.log(`left out: registry, which needs ${absent.join(", ")}`);
  const folder = mkdtempSync(join(tmpdir(), "strake-bench-"));
  let registry: OwnRegistry | undefined;
  try {
    const context = await makeContext(join(folder, "context"), await layerFiles());
    registry = await ownRegistry(folder);
    await benchTransfers(folder, context, registry, rounds);
    await benchBuilds(folder, context, registry, rounds);
  } finally {
    registry?.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A layer for each file, the last of them with a small file beside it that changes, and a layer for a small file alone. */
async function makeContext(context: string, input: string): Promise<string> {
  mkdirSync(join(context, "node_modules"), { recursive: true });
  symlinkSync(dirname(dirname(strakeBin)), join(context, "node_modules/strake"));
  writeFileSync(join(context, "package.json"), JSON.stringify({ type: "module" }));
  const files = readdirSync(join(input, "large"));
  mkdirSync(join(context, "last"));
  const last = files.at(-1);
  for (const file of files) linkSync(join(input, "large", file), join(context, file === last ? "last" : "", file));
  for (const small of changing) writeFileSync(join(context, small), "first\n");
  const copied = [...files.slice(0, -1), "last", "small"];
  const steps = copied.map((path) => `.copy("${path}", "/${path}")`).join("");
  writeFileSync(
    join(context, "build.ts"),
    `import { image } from "strake";\nexport const app = image().from("scratch")${steps};\n`,
  );
  const lines = copied.map((path) => `COPY ${path} /${path}\n`).join("");
  writeFileSync(join(context, "Dockerfile"), `FROM scratch\n${lines}`);
  return context;
}

async function benchTransfers(folder: string, context: string, registry: OwnRegistry, rounds: number): Promise<void> {
  const { address } = registry;
  const layout = join(folder, "layout");
  const home = join(folder, "home");
  const inHome = (where: string) => ({ cwd: context, env: { STRAKE_HOME: where } });
  const strake = (args: readonly string[], where = home) =>
    runOrThrow(process.execPath, [strakeBin, ...args], inHome(where));
  await strake(["build", "-q", "-o", `type=oci,dest=${layout},tar=false`, "-t", `${address}/app:1`]);
  await strake(["load", "-i", layout]);
  const skopeo = (...args: string[]) => runOrThrow("skopeo", ["copy", "--quiet", ...args]);
  const plain = { from: "--src-tls-verify=false", to: "--dest-tls-verify=false" };
  const reading = () => runOrThrow("sh", ["-c", 'cat "$0"/* | sha256sum', join(layout, "blobs/sha256")]);
  const floor: Work = { name: "cat blobs | sha256sum", run: reading };
  const there = `${address}/again:1`;
  await strake(["tag", `${address}/app:1`, there]);
  await strake(["push", there]);
  const places = { pulled: 0, copied: 0 };

  // A new registry each time: skopeo remembers what it has sent where, and would have it taken over from there.
  await compareAnew(folder, rounds, "push to an empty registry", [
    {
      name: "strake push",
      run: (_, to) => strake(["push", "-q", `${to}/app:1`]),
      prepare: (to) => strake(["tag", `${address}/app:1`, `${to}/app:1`]),
    },
    { name: "strake copy oci:", run: (_, to) => strake(["copy", "-q", `oci:${layout}`, `${to}/app:1`]) },
    { name: "skopeo copy oci:", run: (_, to) => skopeo(plain.to, `oci:${layout}`, `docker://${to}/app:1`) },
    floor,
  ]);
  await compareAnew(folder, rounds, "copy to an empty registry", [
    { name: "strake copy", run: (_, to) => strake(["copy", "-q", there, `${to}/app:1`]) },
    { name: "skopeo copy", run: (_, to) => skopeo(plain.from, plain.to, `docker://${there}`, `docker://${to}/app:1`) },
  ]);
  await compare("push what is there", registry, rounds, [
    { name: "strake push", run: () => strake(["push", "-q", there]) },
    { name: "skopeo copy oci:", run: () => skopeo(plain.to, `oci:${layout}`, `docker://${there}`) },
  ]);
  await compare("pull into an empty folder", registry, rounds, [
    {
      name: "strake pull",
      run: () => strake(["pull", "-q", there], join(folder, `pulled-${++places.pulled}`)),
    },
    {
      name: "skopeo copy to oci:",
      run: () => skopeo(plain.from, `docker://${there}`, `oci:${join(folder, `out-${++places.copied}`)}:1`),
    },
    floor,
  ]);
  await compare("copy to another repository of the registry", registry, rounds, [
    { name: "strake copy", run: (round) => strake(["copy", "-q", there, `${address}/strake-${round}:1`]) },
    {
      name: "skopeo copy",
      run: (round) => skopeo(plain.from, plain.to, `docker://${there}`, `docker://${address}/skopeo-${round}:1`),
    },
  ]);
}

async function benchBuilds(folder: string, context: string, registry: OwnRegistry, rounds: number): Promise<void> {
  const { address } = registry;
  const build = (round: number, where: string) =>
    runOrThrow(process.execPath, [strakeBin, "build", "-q", "--push", "-t", `${address}/built-${round}:1`], {
      cwd: context,
      env: { STRAKE_HOME: join(folder, `${where}-${round}`) },
    });
  const name = "strake build --push";
  const cold: Work[] = [{ name, run: (round) => build(round, "building") }];
  const warm: Work[] = [{ name, run: (round) => build(round, "building") }];
  if (missing(buildkitNeeds).length === 0) {
    const daemon = await buildkitDaemon();
    const push = async (round: number) => {
      const output = `type=image,name=${address}/buildkit-${round}:1,push=true,registry.insecure=true`;
      const local = ["--local", `context=${context}`, "--local", `dockerfile=${context}`];
      const args = ["build", "--progress=quiet", "--frontend=dockerfile.v0", ...local, "--output", output];
      const { status, stderr } = await daemon.buildctl(args);
      if (status !== 0) throw new Error(stderr);
    };
    const peer = "buildctl + buildkitd";
    cold.push({
      name: peer,
      run: async (round) => {
        await daemon.buildctl(["prune", "--all"]);
        await push(round);
      },
    });
    warm.push({ name: peer, run: push });
  }
  await compare("build --push, cold", registry, rounds, cold);
  for (const [file, where] of [
    [changing[0], "a small file in a layer of 100 MB changed"],
    [changing[1], "a small layer changed"],
  ] as const) {
    const changed = warm.map((work) => ({
      ...work,
      // Both begin with everything else built and pushed.
      prepare: async (at: string, round: number) => {
        await work.run(round, at);
        writeFileSync(join(context, file), `${process.hrtime.bigint()}\n`);
      },
    }));
    await compare(`build --push, ${where}`, registry, rounds, changed);
  }
}

type Times = ReadonlyMap<string, Taken[]>;

async function compare(title: string, registry: OwnRegistry, rounds: number, works: readonly Work[]): Promise<void> {
  const times: Times = new Map(works.map(({ name }) => [name, []]));
  // The first round fills the kernel's cache and is not counted.
  for (let round = 0; round <= rounds; round++) {
    for (const work of works) await measure(work, round, registry, times);
  }
  print(title, times, rounds);
}

/** Each run has a registry of its own, which nobody knows yet. */
async function compareAnew(folder: string, rounds: number, title: string, works: readonly Work[]): Promise<void> {
  const times: Times = new Map(works.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const work of works) {
      const own = mkdtempSync(join(folder, "registry-"));
      const registry = await ownRegistry(own);
      await measure(work, round, registry, times);
      registry.stop();
      rmSync(own, { recursive: true, force: true, maxRetries: 5 });
    }
  }
  print(title, times, rounds);
}

async function measure(work: Work, round: number, { address, pid }: OwnRegistry, times: Times): Promise<void> {
  await work.prepare?.(address, round);
  const before = { at: performance.now(), own: processorTime("self", "children"), registry: processorTime(pid) };
  await work.run(round, address);
  if (round === 0) return;
  times.get(work.name)?.push({
    wall: performance.now() - before.at,
    own: processorTime("self", "children") - before.own,
    registry: processorTime(pid) - before.registry,
  });
}

function print(title: string, times: Times, rounds: number): void {
  const middle = (taken: readonly Taken[], what: keyof Taken) => median(taken.map((each) => each[what])) ?? 0;
  const [ours = []] = times.values();
  printTable(`1 GB in ten layers: ${title}; median of ${rounds}`, [
    ["", "time", "strake / it", "client busy", "registry busy", "limited by"],
    ...[...times].map(([name, taken]) => {
      const wall = middle(taken, "wall");
      const busy = { client: middle(taken, "own") / wall, registry: middle(taken, "registry") / wall };
      return [
        name,
        printSeconds(wall),
        printRatio(middle(ours, "wall"), wall),
        `${busy.client.toFixed(1)} cores`,
        `${busy.registry.toFixed(1)} cores`,
        limitOf(busy),
      ];
    }),
  ]);
}

/** Who has a processor to itself all the time holds the others up; where nobody has, they wait for the disk. */
function limitOf({ client, registry }: { readonly client: number; readonly registry: number }): string {
  if (Math.max(client, registry) < 0.8) return "disk";
  return client > registry ? "client" : "registry";
}
