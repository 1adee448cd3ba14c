import { readFileSync } from "node:fs";
import type { HostName } from "@strake/core";
import type { Resolver } from "./sandbox.ts";

/** The name servers that BuildKit gives to a command where the machine has none that it can reach. */
const publicServers = ["8.8.8.8", "8.8.4.4", "2001:4860:4860::8888", "2001:4860:4860::8844"];

/** Makes the `/etc/hosts` of a command, as BuildKit writes it. */
export function hostsFile(hostname: string, hosts: readonly HostName[]): string {
  return [
    `127.0.0.1\tlocalhost ${hostname}`,
    "::1\tlocalhost ip6-localhost ip6-loopback",
    ...hosts.map(({ name, address }) => `${address}\t${name}`),
    "",
  ].join("\n");
}

/**
 * Makes the `/etc/resolv.conf` of a command: the machine's own.
 *
 * Commands share the machine's network, so a resolver at localhost answers them as well. Where systemd hides the real
 * servers behind its own, that file says the same.
 *
 * @param resolver says otherwise
 */
export function resolverFile(resolver?: Resolver): string {
  const own = machineResolver();
  if (resolver === undefined) return own;
  const { servers, searches, options } = resolver;
  const said: readonly (readonly [RegExp, readonly string[]])[] = [
    [/^\s*nameserver\s/, servers.map((server) => `nameserver ${server}`)],
    [/^\s*(?:search|domain)\s/, searches.length === 0 ? [] : [`search ${searches.join(" ")}`]],
    [/^\s*options\s/, options.length === 0 ? [] : [`options ${options.join(" ")}`]],
  ];
  const others = own.split("\n").filter((line) => !said.some(([kind, lines]) => lines.length > 0 && kind.test(line)));
  return [...said.flatMap(([, lines]) => lines), ...others].join("\n");
}

function machineResolver(): string {
  try {
    const text = readFileSync("/etc/resolv.conf", "utf8");
    if (/^\s*nameserver\s/m.test(text)) return text;
  } catch {
    // A machine without the file has no resolver of its own.
  }
  return publicServers.map((server) => `nameserver ${server}\n`).join("");
}
