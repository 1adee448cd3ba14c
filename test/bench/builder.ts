import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Plan } from "@strake/core";
import { BuildkitBuilder, BuildkitClient, compilePlan } from "@strake/daemon";
import { MemoryBlobStore } from "@strake/oci";
import { buildkitDaemon, buildkitNeeds } from "../support/buildkit-daemon.ts";
import { missing } from "../support/missing.ts";
import { runOrThrow } from "../support/run-program.ts";
import { strakeBin } from "../support/strake-bin.ts";
import { manyFiles } from "./input.ts";
import { median, printRatio, printSeconds, printTable } from "./table.ts";

/** Measures our client beside `buildctl`, with the same LLB on the same buildkitd. */
export async function benchBuilder(rounds: number): Promise<void> {
  const absent = missing(buildkitNeeds);
  if (absent.length > 0) {
    console.log(`builder: needs ${absent.join(", ")}, which this machine lacks`);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), "strake-bench-"));
  try {
    await benchNothingChanged(folder, rounds * 5);
    await benchSending(folder, rounds);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Whole processes, of which each writes the same small image to a file. */
async function benchNothingChanged(folder: string, rounds: number): Promise<void> {
  const { address } = await buildkitDaemon();
  const cwd = mkdtempSync(join(folder, "small-"));
  writeFileSync(join(cwd, "file"), "hello\n");
  writeFileSync(
    join(cwd, "build.ts"),
    `import { image } from "strake";\nexport const app = image().from("scratch").copy("file", "/file");\n`,
  );
  const env = { STRAKE_HOME: join(folder, "home") };
  const { bytes, locals } = compilePlan(await planOf(cwd, env));
  const output = (name: string) => `type=docker,dest=${join(folder, name)}`;
  const strake = () => {
    const args = [strakeBin, "build", "-q", "--builder", address, "-o", output("ours.tar")];
    return runOrThrow(process.execPath, args, { cwd, env });
  };
  const folders = locals.flatMap(({ name, local }) => ["--local", `${name}=${join(cwd, local)}`]);
  const buildctl = () => {
    const args = ["--addr", address, "build", "--progress=quiet", ...folders, "--output", output("theirs.tar")];
    return runOrThrow("buildctl", args, { input: bytes });
  };
  const empty = () => runOrThrow(process.execPath, ["-e", "0"]);
  const times = await takeTurns({ strake, buildctl, "node -e 0": empty }, rounds);
  const peer = times.get("buildctl") ?? 0;
  printTable(`Nothing changed, to a docker tar; median of ${rounds}`, [
    ["", "time", "over buildctl"],
    ...[...times].map(([name, time]) => [
      name,
      `${time.toFixed(0)} ms`,
      name === "buildctl" ? "" : `${(time - peer).toFixed(0)} ms`,
    ]),
  ]);
}

/** What sending takes, without an image that comes back: the first time, and again with nothing changed. */
async function benchSending(folder: string, rounds: number): Promise<void> {
  const daemon = await buildkitDaemon();
  const cwd = mkdtempSync(join(folder, "many-"));
  const root = join(await manyFiles(), "small");
  const text = `import { image, local } from "strake";\nexport const app = image().from("scratch").copy(".", "/", { from: local(${JSON.stringify(root)}) });\n`;
  writeFileSync(join(cwd, "build.ts"), text);
  const plan = await planOf(cwd, { STRAKE_HOME: join(folder, "home") });
  const { bytes, locals } = compilePlan(plan);
  const bound = new Map(locals.map(({ local }) => [local, root]));
  const strake = async () => {
    const client = await BuildkitClient.connect(daemon.address);
    await new BuildkitBuilder({ client, blobs: new MemoryBlobStore() }).export(plan, { locals: bound, steps: [] }, []);
    client.close();
  };
  const folders = locals.flatMap(({ name }) => ["--local", `${name}=${root}`]);
  const buildctl = () =>
    runOrThrow("buildctl", ["--addr", daemon.address, "build", "--progress=quiet", ...folders], { input: bytes });
  const times = new Map<string, { first: number[]; again: number[] }>();
  for (let round = 0; round <= rounds; round++) {
    // What the daemon has to remove slows the one that comes next.
    const turns = Object.entries({ strake, buildctl });
    for (const [name, build] of round % 2 === 0 ? turns : turns.reverse()) {
      await daemon.buildctl(["prune", "--all"]);
      const first = await timed(build);
      const again = await timed(build);
      if (round === 0) continue;
      const known = times.get(name) ?? { first: [], again: [] };
      times.set(name, { first: [...known.first, first], again: [...known.again, again] });
    }
  }
  const middle = (name: string, what: "first" | "again") => median(times.get(name)?.[what] ?? []);
  const row = (name: string, what: "first" | "again") => [
    printSeconds(middle(name, what)),
    name === "strake" ? "" : printRatio(middle("strake", what), middle(name, what)),
  ];
  printTable(`Sending 20,000 files of 4 KiB; median of ${rounds}`, [
    ["", "first", "strake / it", "again", "strake / it"],
    ...["strake", "buildctl"].map((name) => [name, ...row(name, "first"), ...row(name, "again")]),
  ]);
}

async function planOf(cwd: string, env: Readonly<Record<string, string>>): Promise<Plan> {
  return JSON.parse(await runOrThrow(process.execPath, [strakeBin, "print", "--to", "plan"], { cwd, env })) as Plan;
}

async function takeTurns(
  builds: Readonly<Record<string, () => Promise<unknown>>>,
  rounds: number,
): Promise<ReadonlyMap<string, number>> {
  const times = new Map<string, number[]>();
  for (let round = 0; round <= rounds; round++) {
    for (const [name, build] of Object.entries(builds)) {
      const time = await timed(build);
      // The first round makes what the others find.
      if (round > 0) times.set(name, [...(times.get(name) ?? []), time]);
    }
  }
  return new Map([...times].map(([name, measured]) => [name, median(measured) ?? 0]));
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
