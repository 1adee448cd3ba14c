import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { missing } from "../support/missing.ts";
import { runOrThrow } from "../support/run-program.ts";
import { strakeBin } from "../support/strake-bin.ts";
import type { Contender, Format } from "./contender.ts";
import { buildah, buildkit, docker, floor, strake } from "./contenders.ts";
import { manyFiles } from "./input.ts";
import { median, printRatio, printSeconds, printTable } from "./table.ts";

const moments = ["cold", "unchanged", "to another file", "one file changed"] as const;
type Moment = (typeof moments)[number];
type Times = Map<Contender, Record<Moment, number[]>>;

const buildFile = `import { image, scratch } from "strake";
export default image().from(scratch).copy("input/", "/");
`;

/**
 * Measures one layer of many and large files, from nothing: the first build, the same command again, the same with
 * another file to write, so that nobody can leave an unchanged image where it is, and with one file new.
 */
export async function benchFiles(rounds: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "strake-bench-"));
  try {
    const context = await makeContext(folder, await manyFiles());
    const contenders = installed([strake(folder), floor(), buildkit(), docker(), buildah(folder)]);
    for (const format of ["docker tar", "gzip OCI tar"] as const) {
      const times = await measure(contenders, context, format, rounds, folder);
      print(`20,000 files of 4 KiB and 200 MB in ten files, to a ${format}; median of ${rounds}`, times);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * Makes a context folder with what every tool builds from: `input/`, a copy of a folder, and the same image as a
 * Dockerfile and as a build file, beside which `strake` is installed.
 */
export async function makeContext(folder: string, input: string): Promise<string> {
  const context = join(folder, "context");
  mkdirSync(join(context, "node_modules"), { recursive: true });
  cpSync(input, join(context, "input"), { recursive: true });
  symlinkSync(dirname(dirname(strakeBin)), join(context, "node_modules/strake"));
  writeFileSync(join(context, "build.ts"), buildFile);
  writeFileSync(join(context, "package.json"), JSON.stringify({ type: "module" }));
  writeFileSync(join(context, "Dockerfile"), "FROM scratch\nCOPY input/ /\n");
  writeFileSync(join(context, ".dockerignore"), "*\n!input\n");
  await runOrThrow("sync", []);
  return context;
}

/** Leaves out, and names, what this machine lacks. */
export function installed(contenders: readonly Contender[]): Contender[] {
  return contenders.filter(({ name, needs }) => {
    const absent = missing(needs);
    if (absent.length > 0) console.log(`left out: ${name}, which needs ${absent.join(", ")}`);
    return absent.length === 0;
  });
}

/** Takes turns: each round measures every contender once, so that a slow minute of the machine meets all of them. */
async function measure(
  contenders: readonly Contender[],
  context: string,
  format: Format,
  rounds: number,
  folder: string,
): Promise<Times> {
  const able = contenders.filter(({ formats }) => formats.includes(format));
  const times: Times = new Map(
    able.map((contender) => [contender, { cold: [], unchanged: [], "to another file": [], "one file changed": [] }]),
  );
  const destinations = new Destinations(folder);
  for (let round = 0; round < rounds; round++) {
    for (const moment of moments) {
      if (moment === "one file changed") {
        writeFileSync(join(context, "input/small/000/file-0.txt"), `${format} ${round} ${process.pid}\n`.repeat(100));
      }
      for (const contender of able) {
        if (contender.keepsNothing === true && moment !== "cold") continue;
        const ms = await timeOnce(contender, context, format, moment, destinations);
        if (ms !== undefined) times.get(contender)?.[moment].push(ms);
      }
    }
  }
  return times;
}

async function timeOnce(
  contender: Contender,
  context: string,
  format: Format,
  moment: Moment,
  destinations: Destinations,
): Promise<number | undefined> {
  const destination = moment === "unchanged" ? destinations.last(contender) : destinations.next(contender);
  try {
    if (moment === "cold") await contender.forget();
    // Once more beforehand: of a build that has changed something nobody knows that it would change nothing.
    if (moment === "unchanged") await contender.build(context, format, destination);
    const started = performance.now();
    await contender.build(context, format, destination);
    return performance.now() - started;
  } catch (error) {
    console.log(`${contender.name}, ${moment}: ${error instanceof Error ? error.message.slice(0, 600) : error}`);
    return undefined;
  }
}

/** Gives builds files of their own to write; what the same tool wrote before is still there meanwhile. */
class Destinations {
  readonly #folder: string;
  readonly #written = new Map<Contender, string[]>();
  #count = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  next(contender: Contender): string {
    const destination = join(this.#folder, `image-${this.#count++}.tar`);
    const written = [...(this.#written.get(contender) ?? []), destination];
    for (const path of written.splice(0, written.length - 2)) rmSync(path, { force: true });
    this.#written.set(contender, written);
    return destination;
  }

  /** The file that the contender wrote last. */
  last(contender: Contender): string {
    return this.#written.get(contender)?.at(-1) ?? this.next(contender);
  }
}

function print(title: string, times: Times): void {
  const [ours] = [...times].filter(([{ name }]) => name === "strake").map(([, measured]) => measured);
  const rows = [...times].map(([{ name }, measured]) => [
    name,
    ...moments.flatMap((moment) => {
      const time = median(measured[moment]);
      return [printSeconds(time), printRatio(ours && median(ours[moment]), time)];
    }),
  ]);
  printTable(title, [["", ...moments.flatMap((moment) => [moment, "strake is"])], ...rows]);
}
