import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildkitDaemon, buildkitNeeds } from "../support/buildkit-daemon.ts";
import { missing } from "../support/missing.ts";
import { runOrThrow, runProgram } from "../support/run-program.ts";
import { strakeBin } from "../support/strake-bin.ts";
import { median, printRatio, printSeconds, printTable } from "./table.ts";

const example = fileURLToPath(new URL("../../examples/monorepo", import.meta.url));
const count = 40;

/** Measures the monorepo example grown to forty images with nothing changed, beside a loop of `buildctl`. */
export async function benchMonorepo(rounds: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "strake-bench-"));
  try {
    const env = { STRAKE_HOME: join(folder, "home"), IMAGES: String(count) };
    const ours = () => timed(() => runOrThrow(process.execPath, [strakeBin, "build", "-q"], { cwd: example, env }));
    await ours();
    const theirs = missing(buildkitNeeds).length > 0 ? undefined : await makeLoop(folder, env);
    await theirs?.();
    const times: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] };
    for (let round = 0; round < rounds; round++) {
      times.ours.push(await ours());
      if (theirs !== undefined) times.theirs.push(await theirs());
    }
    const [mine, peer] = [median(times.ours), median(times.theirs)];
    printTable(`${count} images, nothing changed; median of ${rounds}`, [
      ["", "time", "strake / it"],
      ["strake build", printSeconds(mine), ""],
      [`${count} × buildctl, four at once`, printSeconds(peer), printRatio(mine, peer)],
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Prints a Dockerfile for each image, and makes what builds them all; the results stay with BuildKit. */
async function makeLoop(folder: string, env: Record<string, string>): Promise<() => Promise<number>> {
  const { address } = await buildkitDaemon();
  const dest = join(folder, "dockerfiles");
  mkdirSync(dest);
  await runOrThrow(process.execPath, [strakeBin, "print", "--to", "dockerfile", "--dest", dest], { cwd: example, env });
  const script = join(folder, "loop.sh");
  // The frontend that `# syntax` names cannot be fetched; this BuildKit's own is as new.
  writeFileSync(
    script,
    `sed -i '/^# syntax=/d' "${dest}"/*.Dockerfile
ls "${dest}" | xargs -P 4 -I % buildctl --addr "${address}" build --progress=quiet --frontend dockerfile.v0 \\
  --local context="${example}" --local dockerfile="${dest}" --opt filename=%
`,
  );
  return () =>
    timed(async () => {
      const { status, stderr } = await runProgram("sh", [script]);
      if (status !== 0) throw new Error(`the loop of buildctl failed: ${stderr.slice(-600)}`);
    });
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
