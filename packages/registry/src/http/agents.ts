import * as http from "node:http";
import * as https from "node:https";
import type { Duplex } from "node:stream";
import * as tls from "node:tls";
import { urlToHttpOptions } from "node:url";
import { PlainAgent } from "./plain-agent.ts";

/** A certificate and its key in PEM, which are shown to one host and no other. */
export interface ShownCertificate {
  readonly hostname: string;
  readonly cert: string;
  readonly key: string;
}

/** The pools of kept connections for one registry: plain, encrypted, and encrypted through each proxy. */
export class Agents {
  readonly #plain = new PlainAgent({ keepAlive: true });
  readonly #secure: https.Agent;
  readonly #tunnels = new Map<string, TunnelAgent>();
  readonly #options: https.AgentOptions;
  readonly #client: ShownCertificate | undefined;
  /** Connections to the host that the certificate is shown to. */
  readonly #known: https.Agent | undefined;

  /**
   * @param trusted certificates in PEM that are trusted besides the system's; or nobody is trusted, not even those
   * @param client what shows one host who asks
   */
  constructor(trusted: string | "nobody" | undefined, client?: ShownCertificate) {
    const ca = trusted === "nobody" ? [] : trusted === undefined ? undefined : [...systemCertificates(), trusted];
    this.#options = { keepAlive: true, ...(ca === undefined ? {} : { ca }) };
    this.#secure = new https.Agent(this.#options);
    this.#client = client;
    this.#known = client === undefined ? undefined : new https.Agent(this.#withClient());
  }

  /** The pool for an address, where `proxy` is the proxy on the way there. */
  for(url: URL, proxy: URL | undefined): http.Agent {
    if (url.protocol === "http:") return proxy?.protocol === "https:" ? this.#secure : this.#plain;
    const shows = this.#known !== undefined && url.hostname === this.#client?.hostname;
    if (proxy === undefined) return shows ? this.#known : this.#secure;
    const key = `${proxy.href} ${shows}`;
    const kept = this.#tunnels.get(key) ?? new TunnelAgent(proxy, shows ? this.#withClient() : this.#options);
    this.#tunnels.set(key, kept);
    return kept;
  }

  #withClient(): https.AgentOptions {
    const { cert, key } = this.#client ?? {};
    return { ...this.#options, cert, key };
  }

  /** Closes every kept connection. */
  close(): void {
    this.#plain.destroy();
    this.#secure.destroy();
    this.#known?.destroy();
    for (const tunnel of this.#tunnels.values()) tunnel.destroy();
  }
}

/** The header that names the user of a proxy to it, where its address holds one. */
export function proxyAuthorization(proxy: URL): Readonly<Record<string, string>> {
  if (proxy.username === "") return {};
  const user = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return { "proxy-authorization": `Basic ${Buffer.from(user).toString("base64")}` };
}

type Connected = (error: Error | null, socket?: Duplex) => void;

/** Connects through a proxy with CONNECT (RFC 9110, section 9.3.6) and encrypts inside. */
class TunnelAgent extends https.Agent {
  readonly #proxy: URL;

  constructor(proxy: URL, options: https.AgentOptions) {
    super(options);
    this.#proxy = proxy;
  }

  override createConnection(
    options: tls.ConnectionOptions & { host: string; port: number },
    connected: Connected,
  ): undefined {
    const target = `${options.host.includes(":") ? `[${options.host}]` : options.host}:${options.port}`;
    const request = (this.#proxy.protocol === "https:" ? https : http).request({
      ...urlToHttpOptions(this.#proxy),
      auth: null,
      method: "CONNECT",
      path: target,
      headers: { host: target, ...proxyAuthorization(this.#proxy) },
      agent: false,
    });
    request.setTimeout(30_000, () => request.destroy(connectFailure("the proxy does not answer")));
    request.once("connect", (response, socket) => {
      request.setTimeout(0);
      if (response.statusCode === 200) return connected(null, tls.connect({ ...options, socket }));
      socket.destroy();
      connected(connectFailure(`the proxy refuses: ${response.statusCode} ${response.statusMessage}`));
    });
    request.once("error", (error) => connected(connectFailure(`the proxy cannot be used: ${error.message}`)));
    request.end();
    return undefined;
  }
}

function connectFailure(message: string): Error {
  return Object.assign(new Error(message), { code: "EPROXY" });
}

function systemCertificates(): readonly string[] {
  const current = (tls as { getCACertificates?: (type: "default") => string[] }).getCACertificates;
  return current?.("default") ?? tls.rootCertificates;
}
