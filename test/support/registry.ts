import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { answers } from "./answers.ts";
import { runOrThrow } from "./run-program.ts";
import { sharedDaemon } from "./shared-daemon.ts";

/** A real registry on this machine's loopback, over plain http. */
export interface Registry {
  /** `127.0.0.1:PORT`. */
  readonly address: string;
  readonly port: number;
  /** The registry's log: one line for each request it was sent. */
  readonly log: string;
}

/**
 * Starts Debian's `docker-registry` on a free loopback port, or joins the one that runs.
 *
 * All test files of a run share the registry of one name; another name is another registry.
 */
export async function registry(name: string = "registry"): Promise<Registry> {
  const folder = await sharedDaemon({ name, prepare, isReady });
  const port = listeningPort(folder) as number;
  return { address: `127.0.0.1:${port}`, port, log: join(folder, "log") };
}

/** Copies an image that skopeo can read (`oci:FOLDER:TAG`, `docker-archive:FILE`, …), with all its platforms, into a registry. */
export async function pushImage(to: Registry, source: string, reference: string): Promise<void> {
  const target = `docker://${to.address}/${reference}`;
  await runOrThrow("skopeo", ["copy", "--quiet", "--all", "--dest-tls-verify=false", source, target]);
}

function prepare(folder: string): { command: string; args: string[] } {
  const configuration = {
    version: 0.1,
    log: { level: "info", accesslog: { disabled: false } },
    storage: { filesystem: { rootdirectory: join(folder, "storage") }, delete: { enabled: true } },
    http: { addr: "127.0.0.1:0" },
  };
  // JSON is YAML.
  writeFileSync(join(folder, "registry.yml"), JSON.stringify(configuration));
  return { command: "docker-registry", args: ["serve", join(folder, "registry.yml")] };
}

async function isReady(folder: string): Promise<boolean> {
  const port = listeningPort(folder);
  return port !== undefined && (await answers({ host: "127.0.0.1", port }, "/v2/"));
}

/** The system chose the port; only the log says which. */
function listeningPort(folder: string): number | undefined {
  const log = join(folder, "log");
  const match = existsSync(log) ? /listening on 127\.0\.0\.1:(\d+)/.exec(readFileSync(log, "utf8")) : null;
  return match === null ? undefined : Number(match[1]);
}
