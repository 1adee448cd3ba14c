import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { serveBases } from "../support/base-images.ts";
import { strakeBin } from "../support/strake-bin.ts";
import type { Contender } from "./contender.ts";
import { buildah, buildkit, strake } from "./contenders.ts";
import { installed } from "./files.ts";
import { median, printRatio, printSeconds, printTable } from "./table.ts";

const moments = ["cold", "one line changed"] as const;
type Moment = (typeof moments)[number];

const install = "apt-get update && apt-get install -y --no-install-recommends nginx";

/**
 * Measures Debian with nginx from its packages, to a docker tar: everything from the base on, and with one line of the
 * page changed. Most of the first is what `apt-get` itself takes, for everybody.
 */
export async function benchWebServer(rounds: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "strake-bench-"));
  try {
    const context = await makeContext(join(folder, "context"));
    const contenders = installed([strake(folder), buildkit(), buildah(folder)]);
    const times = new Map(
      contenders.map((each) => [each, { cold: [] as number[], "one line changed": [] as number[] }]),
    );
    for (let round = 0; round < rounds; round++) {
      for (const moment of moments) {
        writeFileSync(join(context, "index.html"), `<h1>${moment} ${round}</h1>\n`);
        for (const contender of contenders) {
          if (moment === "cold") await contender.forget();
          const destination = join(folder, `${moment}.tar`);
          times.get(contender)?.[moment].push(await timed(contender, context, destination));
          rmSync(destination);
        }
      }
    }
    print(`Debian with nginx, to a docker tar; median of ${rounds}`, times);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function makeContext(context: string): Promise<string> {
  const { address } = await serveBases("debian:bookworm");
  const base = `${address}/library/debian:bookworm`;
  mkdirSync(join(context, "node_modules"), { recursive: true });
  symlinkSync(dirname(dirname(strakeBin)), join(context, "node_modules/strake"));
  writeFileSync(join(context, "package.json"), JSON.stringify({ type: "module" }));
  const page = '"index.html", "/var/www/html/"';
  writeFileSync(
    join(context, "build.ts"),
    `import { image } from "strake";\nexport default image().from("${base}").run("${install}").copy(${page});\n`,
  );
  writeFileSync(join(context, "Dockerfile"), `FROM ${base}\nRUN ${install}\nCOPY index.html /var/www/html/\n`);
  return context;
}

async function timed(contender: Contender, context: string, destination: string): Promise<number> {
  const started = performance.now();
  await contender.build(context, "docker tar", destination);
  return performance.now() - started;
}

function print(title: string, times: ReadonlyMap<Contender, Readonly<Record<Moment, readonly number[]>>>): void {
  const [ours] = times.values();
  const rows = [...times].map(([{ name }, measured]) => [
    name,
    ...moments.flatMap((moment) => {
      const time = median(measured[moment]);
      return [printSeconds(time), printRatio(median(ours?.[moment] ?? []), time)];
    }),
  ]);
  printTable(title, [["", ...moments.flatMap((moment) => [moment, "strake / it"])], ...rows]);
}
