import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { missing } from "../support/missing.ts";
import { runOrThrow } from "../support/run-program.ts";
import { strakeBin } from "../support/strake-bin.ts";
import { makeContext } from "./files.ts";
import { hugeFiles } from "./input.ts";
import { ownRegistry } from "./own-registry.ts";
import { printTable } from "./table.ts";

/**
 * Measures the most memory a build of 4 GB of input ever held, and the moving of its image of 2 GB to and from
 * registries, beside the same of an empty Node.js.
 */
export async function benchMemory(): Promise<void> {
  if (process.platform !== "linux") return console.log("left out: memory, which is read from Linux's /proc");
  const folder = mkdtempSync(join(tmpdir(), "strake-bench-"));
  try {
    const input = await hugeFiles();
    const empty = mkdtempSync(join(folder, "empty-"));
    const context = await makeContext(folder, empty);
    rmSync(join(context, "input"), { recursive: true });
    // Hard links: a copy would double the disk that is needed, a symlink would leave the context.
    await runOrThrow("cp", ["-al", input, join(context, "input")]);
    const build = (type: string): readonly string[] => {
      const output = `type=${type},dest=${join(folder, `${type}.tar`)}`;
      return [strakeBin, "build", "-f", join(context, "build.ts"), "-o", output, "--progress", "plain"];
    };
    const rows: string[][] = [];
    for (const [name, args] of [
      ["node, waiting", ["-e", "setTimeout(() => {}, 300)"]],
      ["strake, docker tar", build("docker")],
      ["strake, gzip OCI tar", build("oci")],
    ] as const) {
      rows.push([name, await peakMemory(args, context, mkdtempSync(join(folder, "home-")))]);
    }
    rows.push(...(await transfers(folder, context)));
    printTable("Peak memory with 4 GB of input", [["", "resident"], ...rows]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** An image with one layer of 2 GB: pushed as it is built, pulled, pushed as it was kept, and copied. */
async function transfers(folder: string, context: string): Promise<readonly string[][]> {
  const absent = missing(["docker-registry"]);
  if (absent.length > 0) return [[`left out: registries, which need ${absent.join(", ")}`, "–"]];
  const registries = await Promise.all(
    ["one", "two"].map((name) => ownRegistry(mkdtempSync(join(folder, `registry-${name}-`)))),
  );
  try {
    const [first = "", second = ""] = registries.map(({ address }) => `${address}/app:1`);
    const home = mkdtempSync(join(folder, "home-"));
    const tag = (target: string) =>
      runOrThrow(process.execPath, [strakeBin, "tag", first, target], { env: { STRAKE_HOME: home } });
    const build = ["build", "-f", join(context, "build.ts"), "--push", "-t", first, "-q"];
    const rows = [
      ["strake build --push", await peakMemory([strakeBin, ...build], context, join(folder, "home-built"))],
    ];
    rows.push(["strake pull", await peakMemory([strakeBin, "pull", "-q", first], context, home)]);
    await tag(second);
    rows.push(["strake push", await peakMemory([strakeBin, "push", "-q", second], context, home)]);
    const copied = second.replace("/app:", "/copied:");
    rows.push(["strake copy", await peakMemory([strakeBin, "copy", "-q", first, copied], context, home)]);
    return rows;
  } finally {
    for (const registry of registries) registry.stop();
  }
}

/** Runs a Node.js program and returns its high-water mark (VmHWM of proc_pid_status(5)), read until it ends. */
function peakMemory(args: readonly string[], cwd: string, home: string): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd,
      env: { ...process.env, STRAKE_HOME: home },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let kibibytes = 0;
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr = (stderr + chunk).slice(-600);
    });
    const timer = setInterval(() => {
      kibibytes = Math.max(kibibytes, highWaterMark(child.pid ?? 0));
    }, 20);
    child.on("close", (status) => {
      clearInterval(timer);
      if (status !== 0) console.log(`exited with ${status}: ${stderr}`);
      resolve(status === 0 ? `${Math.round(kibibytes / 1024)} MiB` : "–");
    });
  });
}

function highWaterMark(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
