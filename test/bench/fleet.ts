import { chmodSync, copyFileSync, cpSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildkitNeeds } from "../support/buildkit-daemon.ts";
import { findProgram } from "../support/find-program.ts";
import { missing } from "../support/missing.ts";
import { runOrThrow } from "../support/run-program.ts";
import { type OwnBuildkitd, startBuildkitd } from "../support/start-buildkitd.ts";
import { strakeBin } from "../support/strake-bin.ts";
import { median, printRatio, printSeconds, printTable } from "./table.ts";

const example = fileURLToPath(new URL("../../examples/monorepo", import.meta.url));
const count = 40;

/** Counts for about half a second. */
const busy = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; echo $i > /counted";

/** Measures forty images with a command that needs a processor each, built by one buildkitd and by two. */
export async function benchFleet(rounds: number): Promise<void> {
  const absent = missing([...buildkitNeeds, "busybox"]);
  if (absent.length > 0) {
    console.log(`fleet: needs ${absent.join(", ")}, which this machine lacks`);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), "strake-bench-"));
  const daemons: OwnBuildkitd[] = [];
  try {
    // Each does one step at a time, as if it had a machine with one processor for itself.
    for (let at = 0; at < 2; at++) daemons.push(await startBuildkitd({ worker: ["max-parallelism = 1"] }));
    const project = makeProject(folder);
    const times: { one: number[]; two: number[] } = { one: [], two: [] };
    const build = async (used: readonly OwnBuildkitd[]) => {
      const builders = used.flatMap(({ address }) => ["--builder", address]);
      const env = { STRAKE_HOME: join(folder, `home-${used.length}`), IMAGES: String(count) };
      const started = performance.now();
      await runOrThrow(process.execPath, [strakeBin, "build", "-q", "--no-cache", ...builders], { cwd: project, env });
      return performance.now() - started;
    };
    for (let round = 0; round < rounds; round++) {
      times.one.push(await build(daemons.slice(0, 1)));
      times.two.push(await build(daemons));
    }
    const [one, two] = [median(times.one), median(times.two)];
    printTable(`${count} images with a busy command each; median of ${rounds}`, [
      ["", "time", "it / one"],
      ["one buildkitd", printSeconds(one), ""],
      ["two buildkitd", printSeconds(two), printRatio(two, one)],
    ]);
  } finally {
    for (const daemon of daemons) await daemon.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The monorepo example, each of whose services counts. */
function makeProject(folder: string): string {
  const project = join(folder, "monorepo");
  cpSync(example, project, { recursive: true, filter: (path) => !/node_modules|strake\.lock$/.test(path) });
  renameSync(join(project, "build.ts"), join(project, "services.ts"));
  copyFileSync(findProgram("busybox") as string, join(project, "busybox"));
  chmodSync(join(project, "busybox"), 0o755);
  // The shell is mounted, so that next to nothing but the commands is done for each image.
  const text = `import { bind, image } from "strake";
import services from "./services.ts";
const mounts = [bind("/tools", { from: image().from("scratch").copy("busybox", "/"), source: "/" })];
const busy = ["/tools/busybox", "sh", "-c", ${JSON.stringify(busy)}];
const entries = Object.entries(services).map(([name, service]) => [name, service.run(busy, { mounts })]);
export default Object.fromEntries(entries);
`;
  writeFileSync(join(project, "build.ts"), text);
  return project;
}
