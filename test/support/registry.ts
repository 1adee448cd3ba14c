import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { answers } from "./answers.ts";
import { type Certificates, makeCertificates } from "./certificates.ts";
import { runOrThrow } from "./run-program.ts";
import { sharedDaemon } from "./shared-daemon.ts";

/** A real registry on this machine's loopback. */
export interface Registry {
  /** `127.0.0.1:PORT`. */
  readonly address: string;
  readonly port: number;
  /** The file of the registry's log. */
  readonly log: string;
  /** The file of the authority that signed its certificate; there is none unless it was asked for. */
  readonly ca: string;
}

/** How a registry is set up; plain http that lets everybody do everything, unless said. */
export interface RegistryOptions {
  /** Nobody is let in without this login. */
  readonly login?: { readonly user: string; readonly password: string };
  /** It speaks https only, with a certificate by an authority of its own. */
  readonly tls?: boolean;
  /** False where nothing may be removed, as it is without a word about it in the registry's own configuration. */
  readonly deletes?: boolean;
}

/**
 * Starts Debian's `docker-registry` on a free loopback port, or joins the one that runs.
 *
 * All test files of a run share the registry of one name; another name is another registry. A login needs `python3`,
 * TLS `openssl`.
 */
export async function registry(name: string = "registry", options: RegistryOptions = {}): Promise<Registry> {
  const folder = await sharedDaemon({ name, prepare: (at) => prepare(at, options), isReady });
  const port = listeningPort(folder) as number;
  return { address: `127.0.0.1:${port}`, port, log: join(folder, "log"), ca: join(folder, "ca.pem") };
}

/** Copies an image that skopeo can read (`oci:FOLDER:TAG`, `docker-archive:FILE`, …), with all its platforms, into a registry. */
export async function pushImage(to: Registry, source: string, reference: string): Promise<void> {
  const target = `docker://${to.address}/${reference}`;
  await runOrThrow("skopeo", ["copy", "--quiet", "--all", "--dest-tls-verify=false", source, target]);
}

/**
 * The lines of the log for the requests that a registry has answered, as `"GET /v2/app/manifests/1 HTTP/1.1" 200`.
 *
 * A request is written down after its answer, so one that is made now is waited for; it is no line of these.
 */
export async function answeredRequests({ address, log }: Registry): Promise<readonly string[]> {
  const mark = `/v2/?mark=${randomUUID()}`;
  await (await fetch(`http://${address}${mark}`)).text();
  for (;;) {
    const lines = readFileSync(log, "utf8").split("\n").slice(0, -1);
    if (lines.some((line) => line.includes(`"GET ${mark} `))) {
      return lines.filter((line) => /"(PUT|PATCH|POST|HEAD|GET|DELETE) /.test(line) && !line.includes("/v2/?mark="));
    }
    await sleep(20);
  }
}

async function prepare(
  folder: string,
  { login, tls, deletes }: RegistryOptions,
): Promise<{ command: string; args: string[] }> {
  const htpasswd = join(folder, "htpasswd");
  if (login !== undefined) writeFileSync(htpasswd, `${login.user}:${await hash(login.password)}\n`);
  const made: Certificates | undefined = tls === true ? await makeCertificates(folder) : undefined;
  const configuration = {
    version: 0.1,
    log: { level: "info", accesslog: { disabled: false } },
    storage: {
      filesystem: { rootdirectory: join(folder, "storage") },
      ...(deletes === false ? {} : { delete: { enabled: true } }),
    },
    http: {
      addr: "127.0.0.1:0",
      ...(made === undefined ? {} : { tls: { certificate: made.certificate, key: made.key } }),
    },
    ...(login === undefined ? {} : { auth: { htpasswd: { realm: "test", path: htpasswd } } }),
  };
  // JSON is YAML.
  writeFileSync(join(folder, "registry.yml"), JSON.stringify(configuration));
  return { command: "docker-registry", args: ["serve", join(folder, "registry.yml")] };
}

/** Hashes a password as htpasswd files have it. */
async function hash(password: string): Promise<string> {
  const program =
    "import crypt, sys; print(crypt.crypt(sys.stdin.read(), crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16)))";
  return (await runOrThrow("python3", ["-W", "ignore", "-c", program], { input: password })).trim();
}

async function isReady(folder: string): Promise<boolean> {
  const port = listeningPort(folder);
  const at = { host: "127.0.0.1", port: port ?? 0 };
  // The root of a registry asks for no login; one with TLS tells plain http that it was asked wrongly.
  return port !== undefined && (await answers(at, "/", [200, 400]));
}

/** The system chose the port; only the log says which. */
function listeningPort(folder: string): number | undefined {
  const log = join(folder, "log");
  const match = existsSync(log) ? /listening on 127\.0\.0\.1:(\d+)\D/.exec(readFileSync(log, "utf8")) : null;
  return match === null ? undefined : Number(match[1]);
}
