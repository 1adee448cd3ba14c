import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dockerDaemon } from "../support/docker-daemon.ts";
import { type RegistryOptions, registry } from "../support/registry.ts";
import { type RunResult, runOrThrow } from "../support/run-program.ts";
import { runStrake } from "../support/run-strake.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** One registry as every tool visits it: each with the same login, and with the same authority. */
export interface Visitor {
  readonly address: string;
  /** @param home the store */
  strake(args: readonly string[], options: { readonly cwd?: string; readonly home: string }): Promise<RunResult>;
  /** Copies from the registry to any place that skopeo knows. @param more options such as `--all` */
  copyFrom(name: string, to: string, ...more: readonly string[]): Promise<string>;
  /** Copies to the registry. @param more options such as `--format=v2s2` */
  copyTo(from: string, name: string, ...more: readonly string[]): Promise<string>;
  /** What the registry has under a name, as skopeo finds it. */
  inspect(name: string): Promise<{ readonly Digest: string; readonly Layers: readonly string[] }>;
  /** The digest of the bytes that the registry sends for a name. */
  digest(name: string): Promise<string>;
  /** Runs buildah with a storage of its own; `{registry}` in the arguments is how to reach the registry. */
  buildah(...args: readonly string[]): Promise<string>;
  docker(...args: readonly string[]): Promise<string>;
}

/** The programs that visit, for `need`. */
export const visitorNeeds: readonly string[] = ["docker-registry", "skopeo", "umoci", "buildah", "openssl", "python3"];

/** Starts a registry, or joins it, and tells every tool how to get in. */
export async function visitor(name: string, options: RegistryOptions = {}): Promise<Visitor> {
  const { address, ca } = await registry(name, options);
  const config = temporaryFolder();
  const env = { DOCKER_CONFIG: config, STRAKE_REGISTRIES: join(config, "registries.yaml") };
  writeFileSync(env.STRAKE_REGISTRIES, options.tls === true ? `${address}:\n  ca: ${ca}\n` : "");
  const strake: Visitor["strake"] = (args, rest) => runStrake(args, { ...rest, env });
  const { login } = options;
  if (login !== undefined) {
    const entering = ["login", "-u", login.user, "--password-stdin", address];
    await runStrake(entering, { env, input: `${login.password}\n` });
  }
  const certificates = join(config, "certificates");
  mkdirSync(certificates);
  if (options.tls === true) copyFileSync(ca, join(certificates, "ca.crt"));
  const authentication = login === undefined ? [] : ["--authfile", join(config, "config.json")];
  const reach = (side = "") => [
    ...authentication,
    ...(options.tls === true ? [`--${side}cert-dir`, certificates] : [`--${side}tls-verify=false`]),
  ];
  const skopeo = (...args: readonly string[]) => runOrThrow("skopeo", args);
  const storage = temporaryFolder();
  const at = ["--root", join(storage, "root"), "--runroot", join(storage, "run"), "--storage-driver", "vfs"];
  const there = (image: string) => `docker://${address}/${image}`;
  return {
    address,
    strake,
    copyFrom: (image, to, ...more) => skopeo("copy", "--quiet", ...more, ...reach("src-"), there(image), to),
    copyTo: (from, image, ...more) => skopeo("copy", "--quiet", ...more, ...reach("dest-"), from, there(image)),
    inspect: async (image) => JSON.parse(await skopeo("inspect", ...reach(), there(image))),
    digest: async (image) => digestOf(await skopeo("inspect", "--raw", ...reach(), there(image))),
    buildah: (...args) =>
      runOrThrow("buildah", [...at, ...args.flatMap((one) => (one === "{registry}" ? reach() : [one]))]),
    docker: async (...args) => (await dockerDaemon()).docker(args, { env: { DOCKER_CONFIG: config } }),
  };
}

/** The digest of a document that skopeo printed. */
export function digestOf(text: string): string {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}
