import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { StrakeError } from "@strake/core";
import type { TlsOptions } from "@strake/daemon";
import { currentDockerContext, readDockerContext } from "./docker-context.ts";
import type { Environment } from "./store-home.ts";

/** A Docker Engine, and what both sides prove themselves with. */
export interface DockerEndpoint {
  readonly address: string;
  readonly tls?: TlsOptions;
  /** Where this is said, for messages. */
  readonly source: string;
}

const defaultSocket = "unix:///var/run/docker.sock";

/**
 * Finds the Docker Engine that Docker's command line would use.
 *
 * `DOCKER_HOST` wins, then `DOCKER_CONTEXT`, then the context that `docker context use` has chosen; without any of them
 * it is the socket of this machine (docker/cli, `resolveContextName`).
 *
 * @param name a context that is asked for, whatever the environment says
 * @throws StrakeError `invalid-docker-context`
 */
export function dockerEndpoint(variables: Environment, name?: string): DockerEndpoint {
  const folder = variables.DOCKER_CONFIG || join(homedir(), ".docker");
  if (name !== undefined) return endpointOf(folder, name, "--builder", variables);
  if (variables.DOCKER_HOST) return defaultEndpoint(folder, variables);
  if (variables.DOCKER_CONTEXT) return endpointOf(folder, variables.DOCKER_CONTEXT, "DOCKER_CONTEXT", variables);
  const current = currentDockerContext(folder);
  return current === undefined
    ? defaultEndpoint(folder, variables)
    : endpointOf(folder, current, join(folder, "config.json"), variables);
}

function endpointOf(folder: string, name: string, from: string, variables: Environment): DockerEndpoint {
  if (name === "default") return defaultEndpoint(folder, variables);
  const { host, tls } = readDockerContext(folder, name);
  const source = `the docker context ${name} of ${from}`;
  return { address: hostAddress(host, tls !== undefined), ...(tls === undefined ? {} : { tls }), source };
}

function defaultEndpoint(folder: string, variables: Environment): DockerEndpoint {
  const { DOCKER_HOST: host } = variables;
  // Any text but the empty one counts, as in Docker: DOCKER_TLS_VERIFY=0 verifies too.
  const verify = Boolean(variables.DOCKER_TLS_VERIFY);
  const isSecured = verify || Boolean(variables.DOCKER_TLS);
  const address = hostAddress(host ?? "", isSecured);
  const source = host ? "DOCKER_HOST" : "Docker's own socket";
  if (!isSecured || !address.startsWith("tcp:")) return { address, source };
  return { address, tls: readCertificates(variables.DOCKER_CERT_PATH || folder, verify), source };
}

function readCertificates(folder: string, verify: boolean): TlsOptions {
  const read = (name: string) => {
    const file = join(folder, name);
    try {
      return readFileSync(file, "utf8");
    } catch (cause) {
      throw new StrakeError({
        code: "invalid-docker-context",
        message: `${file} cannot be read: ${(cause as Error).message}`,
        notes: ["DOCKER_TLS_VERIFY wants ca.pem in DOCKER_CERT_PATH, or in ~/.docker."],
      });
    }
  };
  const optional = (name: string) => (existsSync(join(folder, name)) ? read(name) : undefined);
  const [cert, key] = [optional("cert.pem"), optional("key.pem")];
  return {
    ...(verify ? { ca: read("ca.pem") } : { verify: false }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

/** An address as Docker reads it: a host and a port are enough, and TLS has a port of its own. */
function hostAddress(host: string, isSecured: boolean): string {
  const text = host.trim();
  if (text === "" || text === "unix://") return defaultSocket;
  const address = text.includes("://") ? text : `tcp://${text}`;
  if (!isSecured || !address.startsWith("tcp://") || !URL.canParse(address)) return address;
  return new URL(address).port === "" ? `${address.replace(/\/$/, "")}:2376` : address;
}
