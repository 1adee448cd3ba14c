import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serveBases } from "../support/base-images.ts";
import { runOrThrow } from "../support/run-program.ts";
import { strakeBin } from "../support/strake-bin.ts";
import { median, printRatio, printSeconds, printTable } from "./table.ts";

/** Makes 20,000 files of 4 KiB below the working folder. */
const make =
  "cat /bin/busybox /bin/busybox 2>/dev/null | head -c 4091 > /tmp/4k; " +
  "for d in $(seq 200); do mkdir -p m/$d; for f in $(seq 100); do { echo $d $f; cat /tmp/4k; } > m/$d/$f; done; done";

/** Measures writing what a command made to a docker tar, beside reading and hashing the same files. */
export async function benchRunOutput(rounds: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "strake-bench-"));
  try {
    const { address } = await serveBases("busybox");
    const context = join(folder, "context");
    mkdirSync(context);
    const image = `image().from("${address}/library/busybox").workdir("/")`;
    writeFileSync(
      join(context, "build.ts"),
      `import { image } from "strake";\nexport default ${image}.run(${JSON.stringify(make)});\n`,
    );
    await runOrThrow("sh", ["-c", make], { cwd: folder });
    const builds = new Map<string, () => Promise<unknown>>([
      ["strake build, the command cached, to a docker tar", () => writeTar(context, folder)],
      [
        "find | xargs sha256sum",
        () => runOrThrow("sh", ["-c", "find m -type f | xargs sha256sum > sums"], { cwd: folder }),
      ],
      ["tar -cf + sha256sum", () => runOrThrow("sh", ["-c", "tar -cf it.tar m && sha256sum it.tar"], { cwd: folder })],
    ]);
    await writeTar(context, folder);
    await runOrThrow("sync", []);
    const times = new Map([...builds.keys()].map((name) => [name, [] as number[]]));
    for (let round = 0; round < rounds; round++) {
      for (const [name, build] of builds) {
        const started = performance.now();
        await build();
        times.get(name)?.push(performance.now() - started);
      }
    }
    const [ours = []] = times.values();
    printTable(`20,000 files of 4 KiB that a command made; median of ${rounds}`, [
      ["", "time", "strake / it"],
      ...[...times].map(([name, each]) => [name, printSeconds(median(each)), printRatio(median(ours), median(each))]),
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Writes the image to a new file; the result of the command is kept, but nothing of what was written before. */
async function writeTar(context: string, folder: string): Promise<void> {
  const destination = join(folder, `image-${process.hrtime.bigint()}.tar`);
  const args = ["build", "-q", "-o", `type=docker,dest=${destination}`];
  await runOrThrow(process.execPath, [strakeBin, ...args], {
    cwd: context,
    env: { STRAKE_HOME: join(folder, "home") },
  });
  rmSync(destination);
}
