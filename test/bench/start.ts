import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProgram } from "../support/run-program.ts";
import { strakeBin } from "../support/strake-bin.ts";
import { makeContext } from "./files.ts";
import { median, printTable } from "./table.ts";

/** Measures how much longer than an empty Node.js `strake` takes to say something. */
export async function benchStart(rounds: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "strake-bench-"));
  try {
    const input = mkdtempSync(join(folder, "input-"));
    writeFileSync(join(input, "file"), "hello\n");
    const context = await makeContext(folder, input);
    const commands: Readonly<Record<string, readonly string[]>> = {
      "node -e 0": ["-e", "0"],
      "strake --version": [strakeBin, "--version"],
      "strake plan, warm": [strakeBin, "plan", "-f", join(context, "build.ts")],
    };
    // A plan keeps nothing, so what makes it quick is what a build has kept.
    const build = [strakeBin, "build", "-q", "-f", join(context, "build.ts")];
    await runProgram(process.execPath, build, { cwd: context, env: { STRAKE_HOME: join(folder, "home") } });
    const times = await takeTurns(commands, context, join(folder, "home"), rounds * 7);
    const empty = median(times.get("node -e 0") ?? []) ?? 0;
    const rows = [...times].map(([name, measured]) => {
      const time = median(measured);
      return time === undefined ? [name, "–", "–"] : [name, `${time.toFixed(1)} ms`, `${(time - empty).toFixed(1)} ms`];
    });
    printTable(`Start of a whole process; median of ${rounds * 7}`, [["", "time", "over node -e 0"], ...rows]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function takeTurns(
  commands: Readonly<Record<string, readonly string[]>>,
  cwd: string,
  home: string,
  rounds: number,
): Promise<Map<string, number[]>> {
  const times = new Map<string, number[]>(Object.keys(commands).map((name) => [name, []]));
  // The first round warms what is kept and is not counted.
  for (let round = 0; round <= rounds; round++) {
    for (const [name, args] of Object.entries(commands)) {
      const result = await runProgram(process.execPath, args, { cwd, env: { STRAKE_HOME: home } });
      if (result.status !== 0 && round === 0)
        console.log(`${name} exited with ${result.status}: ${result.stderr.slice(0, 600)}`);
      if (result.status === 0 && round > 0) times.get(name)?.push(result.ms);
    }
  }
  return times;
}
