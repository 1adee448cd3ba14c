import { BlockList, isIP } from "node:net";
import { RegistryError } from "../registry-error.ts";

/** The proxies to use, as the variables `http_proxy`, `https_proxy` and `no_proxy` hold them. */
export interface ProxySettings {
  readonly http?: string;
  readonly https?: string;
  /** Hosts that are reached without a proxy: names with all below them, addresses, networks, or `*`; by commas. */
  readonly no?: string;
}

/**
 * Chooses the proxy for an address, or undefined where it is reached directly.
 *
 * The rules are those of Go's `httpproxy`, as Docker and BuildKit have them: loopback never goes through a proxy.
 *
 * @throws RegistryError `invalid-settings` for a proxy that is no http or https address
 */
export function chooseProxy(url: URL, settings: ProxySettings): URL | undefined {
  const text = url.protocol === "https:" ? settings.https : settings.http;
  if (text === undefined || text === "" || isLoopback(url.hostname) || bypasses(url, settings.no ?? ""))
    return undefined;
  const address = text.includes("://") ? text : `http://${text}`;
  const proxy = URL.canParse(address) ? new URL(address) : undefined;
  if (proxy === undefined || !/^https?:$/.test(proxy.protocol)) {
    throw new RegistryError("invalid-settings", `the proxy for ${url.protocol}// is not an http or https address`, {
      hint: "A proxy looks like http://proxy.example.com:3128.",
    });
  }
  return proxy;
}

/** Tells whether a host, as `URL.hostname` writes it, is this machine: localhost, 127.0.0.0/8 or ::1. */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

function bypasses(url: URL, list: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, "").toLowerCase();
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  return list
    .split(",")
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== "")
    .some((entry) => entry === "*" || matches(entry, host, port));
}

function matches(entry: string, host: string, port: string): boolean {
  if (entry.includes("/")) return isIP(host) !== 0 && inNetwork(entry, host);
  const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(entry);
  const named = isIP(entry) === 0 ? /^([^:]+)(?::(\d+))?$/.exec(entry) : undefined;
  const name = bracketed?.[1] ?? named?.[1] ?? entry;
  const onlyPort = bracketed?.[2] ?? named?.[2];
  if (onlyPort !== undefined && onlyPort !== port) return false;
  if (name.startsWith("*.")) return host.endsWith(name.slice(1));
  return name.startsWith(".") ? host.endsWith(name) : host === name || host.endsWith(`.${name}`);
}

function inNetwork(entry: string, host: string): boolean {
  const [network = "", bits = ""] = entry.split("/");
  const family = isIP(network);
  if (family === 0 || family !== isIP(host) || !/^\d{1,3}$/.test(bits) || Number(bits) > (family === 4 ? 32 : 128)) {
    return false;
  }
  const type = family === 4 ? "ipv4" : "ipv6";
  const networks = new BlockList();
  networks.addSubnet(network, Number(bits), type);
  return networks.check(host, type);
}
