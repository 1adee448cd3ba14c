import { readFileSync } from "node:fs";
import { StrakeError } from "@strake/core";
import type { TlsOptions } from "@strake/daemon";
import type { DockerEndpoint } from "./docker-endpoint.ts";

/** The builder that `--builder` names: this program itself, or a daemon. */
export type BuilderAddress =
  | { readonly type: "engine" }
  | {
      readonly type: "daemon";
      readonly address: string;
      /** BuildKit itself, or the one within a Docker Engine. */
      readonly daemon: "buildkit" | "docker";
      readonly tls?: TlsOptions;
    };

/** Where the files of TLS stand in an address: `tcp://host:1234?cacert=ca.pem&cert=cert.pem&key=key.pem`. */
const files = { cacert: "ca", cert: "cert", key: "key" } as const;

/**
 * Reads a value of `--builder`: `engine`, `docker` or `default`, `docker-context://NAME`, `docker+ADDRESS` or the address of a BuildKit.
 *
 * @param docker finds the Docker Engine that Docker's command line would use, or that of a context
 * @throws StrakeError `usage` for a file that cannot be read, or an unknown setting
 */
export function parseBuilder(text: string, docker: (context?: string) => DockerEndpoint): BuilderAddress {
  if (text === "engine") return { type: "engine" };
  // What buildx calls the builder that needs no setting up.
  if (text === "docker" || text === "default") return dockerBuilder(docker());
  const context = /^docker-context:\/\/(.*)$/.exec(text)?.[1];
  if (context === "") throw invalid("--builder docker-context:// names no context; docker context ls lists them");
  if (context !== undefined) return dockerBuilder(docker(context));
  const isDocker = text.startsWith("docker+");
  const { address, tls } = readTls(isDocker ? text.slice("docker+".length) : text);
  return { type: "daemon", address, daemon: isDocker ? "docker" : "buildkit", ...(tls === undefined ? {} : { tls }) };
}

function dockerBuilder({ address, tls }: DockerEndpoint): BuilderAddress {
  return { type: "daemon", address, daemon: "docker", ...(tls === undefined ? {} : { tls }) };
}

function readTls(text: string): { readonly address: string; readonly tls?: TlsOptions } {
  if (!text.startsWith("tcp://") || !text.includes("?")) return { address: text };
  const [address = "", query = ""] = text.split("?", 2);
  const tls: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(query)) {
    if (name === "servername") tls.serverName = value;
    else if (name in files) tls[files[name as keyof typeof files]] = readFile(name, value);
    else throw invalid(`--builder has no setting "${name}"; there are cacert, cert, key and servername`);
  }
  return { address, tls };
}

function readFile(name: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw invalid(`the ${name} of --builder cannot be read: ${(cause as Error).message}`);
  }
}

function invalid(message: string): StrakeError {
  return new StrakeError({ code: "usage", message });
}
