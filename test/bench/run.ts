import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serveBases } from "../support/base-images.ts";
import { buildkitDaemon, buildkitNeeds } from "../support/buildkit-daemon.ts";
import { missing } from "../support/missing.ts";
import { runOrThrow } from "../support/run-program.ts";
import { strakeBin } from "../support/strake-bin.ts";
import { median, printRatio, printSeconds, printTable } from "./table.ts";

const turns = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done";
/** Other files each time: ext4 makes files slowly for a minute after many were removed, as equal results would be. */
const many =
  "read now _ < /proc/uptime; " +
  'for d in $(seq 200); do mkdir /m/$d || mkdir -p /m/$d; for f in $(seq 100); do echo "$d $f $now" > /m/$d/$f; done; done';

/** What is built: the same steps for both builders. */
const scenarios: Readonly<Record<string, { readonly dsl: string; readonly dockerfile: string }>> = {
  "ten RUN true": {
    dsl: `export const app = Array.from({ length: 10 }).reduce((all, _, n) => all.run("true #" + n), base);`,
    dockerfile: `FROM busybox\n${Array.from({ length: 10 }, (_, n) => `RUN true #${n}\n`).join("")}`,
  },
  "ten CPU-bound stages": {
    dsl: `const parts = Array.from({ length: 10 }, (_, n) => base.run(${JSON.stringify(`${turns}; echo `)} + n + " > /part"));
export const app = parts.reduce((all, part, n) => all.copy("/part", "/" + n, { from: part }), image().from("scratch"));`,
    dockerfile: `${Array.from({ length: 10 }, (_, n) => `FROM busybox AS s${n}\nRUN ${turns}; echo ${n} > /part\n`).join("")}FROM scratch
${Array.from({ length: 10 }, (_, n) => `COPY --from=s${n} /part /${n}\n`).join("")}`,
  },
  "20,000 files made by one RUN": {
    dsl: `export const app = base.run(${JSON.stringify(many)});`,
    dockerfile: `FROM busybox\nRUN ${many}\n`,
  },
};

/** Measures builds with commands, everything anew and nothing changed, beside `buildctl` and buildx with buildkitd. */
export async function benchRun(rounds: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "strake-bench-"));
  try {
    for (const [name, { dsl, dockerfile }] of Object.entries(scenarios)) {
      const context = await makeContext(mkdtempSync(join(folder, "context-")), dsl, dockerfile);
      await compare(name, await contenders(context), rounds);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function makeContext(context: string, dsl: string, dockerfile: string): Promise<string> {
  const { address } = await serveBases("busybox");
  const base = `import { image } from "strake";\nconst base = image().from("${address}/library/busybox");\n`;
  writeFileSync(join(context, "build.ts"), `${base}${dsl}\n`);
  mkdirSync(join(context, "empty"));
  writeFileSync(join(context, "Dockerfile"), dockerfile);
  writeFileSync(
    join(context, "Dockerfile.served"),
    dockerfile.replaceAll("FROM busybox", `FROM ${address}/library/busybox`),
  );
  return context;
}

/** Builds the context; `anew` does every step although its result is there. */
type Build = (anew: boolean) => Promise<unknown>;

async function contenders(context: string): Promise<ReadonlyMap<string, Build>> {
  const env = { STRAKE_HOME: join(context, "home") };
  const strake: Build = (anew) =>
    runOrThrow(process.execPath, [strakeBin, "build", "-q", ...(anew ? ["--no-cache"] : [])], { cwd: context, env });
  const ofDockerfile = ["build", "-q", "-f", join(context, "Dockerfile.served"), join(context, "empty")];
  const dockerfile: Build = (anew) =>
    runOrThrow(process.execPath, [strakeBin, ...ofDockerfile, ...(anew ? ["--no-cache"] : [])], { cwd: context, env });
  const empty: Build = () => runOrThrow(process.execPath, ["-e", "0"]);
  if (missing(buildkitNeeds).length > 0)
    return new Map([
      ["strake", strake],
      ["strake, of the Dockerfile", dockerfile],
      ["node -e 0", empty],
    ]);
  const { address } = await buildkitDaemon();
  const local = ["--local", `context=${join(context, "empty")}`, "--local", `dockerfile=${context}`];
  const args = ["--addr", address, "build", "--progress=quiet", "--frontend", "dockerfile.v0", ...local];
  const buildkit: Build = (anew) => runOrThrow("buildctl", [...args, ...(anew ? ["--no-cache"] : [])]);
  const buildx = await buildxOf(context, address);
  return new Map([
    ["strake", strake],
    ["strake, of the Dockerfile", dockerfile],
    ["buildctl + buildkitd", buildkit],
    ...(buildx === undefined ? [] : ([["buildx + buildkitd", buildx]] as const)),
    ["node -e 0", empty],
  ]);
}

async function buildxOf(context: string, address: string): Promise<Build | undefined> {
  if (missing(["docker-buildx"]).length > 0) return undefined;
  const env = { BUILDX_CONFIG: join(context, "buildx"), BUILDX_BUILDER: "run", BUILDX_NO_DEFAULT_ATTESTATIONS: "1" };
  await runOrThrow("docker-buildx", ["create", "--driver", "remote", "--name", "run", address], { env });
  const args = ["build", "--progress=quiet", "-f", join(context, "Dockerfile"), join(context, "empty")];
  return (anew) => runOrThrow("docker-buildx", [...args, ...(anew ? ["--no-cache"] : [])], { env });
}

async function compare(name: string, builds: ReadonlyMap<string, Build>, rounds: number): Promise<void> {
  const times = new Map([...builds.keys()].map((who) => [who, { anew: [] as number[], cached: [] as number[] }]));
  // The first round fetches the base and is not counted.
  for (let round = 0; round <= rounds; round++) {
    for (const [who, build] of builds) {
      const anew = await timed(() => build(true));
      // The first build after one that was done anew may still have to link the results, and the next one is the first
      // that changes nothing.
      await build(false);
      await build(false);
      const cached = await timed(() => build(false));
      if (round === 0) continue;
      times.get(who)?.anew.push(anew);
      times.get(who)?.cached.push(cached);
    }
  }
  const middle = (who: string, what: "anew" | "cached") => median(times.get(who)?.[what] ?? []);
  printTable(`${name}; median of ${rounds}`, [
    ["", "anew", "strake / it", "cached", "strake / it"],
    ...[...times.keys()].map((who) => [
      who,
      ...(["anew", "cached"] as const).flatMap((what) => [
        printSeconds(middle(who, what)),
        who === "strake" ? "" : printRatio(middle("strake", what), middle(who, what)),
      ]),
    ]),
  ]);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
