import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A `docker-registry` whose processor time can be told. */
export interface OwnRegistry {
  /** `127.0.0.1:PORT`. */
  readonly address: string;
  readonly pid: number;
  stop(): void;
}

/** Starts a registry that keeps what it gets in a folder. */
export async function ownRegistry(folder: string): Promise<OwnRegistry> {
  const settings = {
    version: 0.1,
    log: { level: "info", accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, "registry") } },
    http: { addr: "127.0.0.1:0" },
  };
  const file = join(folder, "registry.yml");
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(settings));
  const child = spawn("docker-registry", ["serve", file], { stdio: ["ignore", "ignore", "pipe"] });
  const stop = () => {
    process.off("exit", stop);
    child.kill("SIGKILL");
  };
  process.on("exit", stop);
  return { address: await listening(child), pid: child.pid ?? 0, stop };
}

/** The system chose the port; only the log says which. */
function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let log = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-4000);
      const [, found] = /listening on (127\.0\.0\.1:\d+)/.exec(log) ?? [];
      if (found !== undefined) resolve(found);
    });
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`docker-registry ended: ${log}`)));
  });
}

/** The processor time in milliseconds of a process (`utime`, `stime`), or of the children that ended (proc_pid_stat(5)). */
export function processorTime(pid: number | "self", whose: "own" | "children" = "own"): number {
  const text = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [user, system] = whose === "own" ? [fields[11], fields[12]] : [fields[13], fields[14]];
  // Linux counts them in hundredths of a second wherever Node runs.
  return 10 * (Number(user) + Number(system));
}
