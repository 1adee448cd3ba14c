import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { StrakeError } from "@strake/core";
import type { TlsOptions } from "@strake/daemon";

/** What a context of Docker's command line says of a Docker Engine. */
export interface DockerContext {
  readonly host: string;
  readonly tls?: TlsOptions;
}

/** The documents of Docker's that are read here, as far as they are. */
interface ContextDocument {
  readonly Endpoints?: { readonly docker?: { readonly Host?: string; readonly SkipTLSVerify?: boolean } };
}

/**
 * Reads a context as `docker context create` keeps it, with its certificates.
 *
 * @param folder Docker's configuration: `~/.docker`
 * @throws StrakeError `invalid-docker-context`
 */
export function readDockerContext(folder: string, name: string): DockerContext {
  // The folder of a context is named for the digest of its name (docker/cli, cli/context/store).
  const id = createHash("sha256").update(name).digest("hex");
  const file = join(folder, "contexts", "meta", id, "meta.json");
  const text = readIfThere(file);
  if (text === undefined) {
    throw invalid(`there is no docker context "${name}"`, `\`docker context ls\` lists them; ${file} is not there.`);
  }
  const docker = parse<ContextDocument>(text, file).Endpoints?.docker;
  const at = (part: string) => readIfThere(join(folder, "contexts", "tls", id, "docker", part));
  const [ca, cert, key] = [at("ca.pem"), at("cert.pem"), at("key.pem")];
  const given = { ...(ca ? { ca } : {}), ...(cert ? { cert } : {}), ...(key ? { key } : {}) };
  const skips = docker?.SkipTLSVerify === true;
  const isSecured = skips || Object.keys(given).length > 0;
  return {
    host: docker?.Host ?? "",
    ...(isSecured ? { tls: { ...given, ...(skips ? { verify: false } : {}) } } : {}),
  };
}

/**
 * The context that `docker context use` has chosen, if any.
 *
 * @throws StrakeError `invalid-docker-context` where Docker's settings cannot be read
 */
export function currentDockerContext(folder: string): string | undefined {
  const file = join(folder, "config.json");
  const text = readIfThere(file);
  if (text === undefined || text.trim() === "") return undefined;
  return parse<{ readonly currentContext?: string }>(text, file).currentContext || undefined;
}

function parse<T>(text: string, file: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw invalid(`${file} is not JSON: ${(cause as Error).message}`, "Mend it, or remove it.");
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw invalid(`${file} cannot be read: ${(cause as Error).message}`, "Let this user read it.");
  }
}

function invalid(message: string, note: string): StrakeError {
  return new StrakeError({ code: "invalid-docker-context", message, notes: [note] });
}
