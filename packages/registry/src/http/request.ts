import * as http from "node:http";
import * as https from "node:https";
import { urlToHttpOptions } from "node:url";
import { OciError } from "@strake/oci";
import { RegistryError } from "../registry-error.ts";
import { Agents, proxyAuthorization, type ShownCertificate } from "./agents.ts";
import { readBody } from "./body.ts";
import { connectionError, nodeCode, Silence } from "./connection-error.ts";
import { chooseProxy, type ProxySettings } from "./proxy.ts";
import { redactUrl } from "./redact.ts";
import { type RequestBody, sendBody } from "./request-body.ts";
import type { HttpResponse } from "./response.ts";

/** What a client of HTTP needs to know beforehand. */
export interface HttpOptions {
  readonly proxy?: ProxySettings;
  /** Certificates in PEM that are trusted besides the system's; or nobody is trusted, not even those. */
  readonly ca?: string | "nobody";
  /** What shows one host who asks. */
  readonly client?: ShownCertificate;
  /** How long a connection may take to stand, in milliseconds; 10 seconds unless said. */
  readonly connectTimeout?: number;
  /** How long nothing may be heard while something is waited for, in milliseconds; 30 seconds unless said. */
  readonly idleTimeout?: number;
}

/** The methods of the distribution spec. */
export type HttpMethod = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";

/** A request. */
export interface HttpRequest {
  readonly method: HttpMethod;
  readonly url: URL;
  /** By lower-case names. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: RequestBody;
  /** Not to be made again, even over a connection that turns out to have been closed. */
  readonly once?: boolean;
  readonly signal?: AbortSignal | undefined;
}

const maximumRedirects = 10;
/** More connections than anybody keeps to one host. */
const maximumStale = 16;
const redirects = new Set([301, 302, 303, 307, 308]);

/** Makes requests over kept connections; one instance serves one registry and what it redirects to. */
export class HttpClient {
  readonly #agents: Agents;
  readonly #proxy: ProxySettings;
  readonly #connectTimeout: number;
  readonly #idleTimeout: number;

  constructor(options: HttpOptions = {}) {
    this.#agents = new Agents(options.ca, options.client);
    this.#proxy = options.proxy ?? {};
    this.#connectTimeout = options.connectTimeout ?? 10_000;
    this.#idleTimeout = options.idleTimeout ?? 30_000;
  }

  /**
   * Makes a request, following at most ten redirects; any status is an answer.
   *
   * `authorization` is never sent to another host than the request's, nor to the same host unencrypted.
   *
   * @throws RegistryError `unreachable`, `untrusted-certificate`, `timeout` or `invalid-response`; or the signal's reason
   */
  async request(request: HttpRequest): Promise<HttpResponse> {
    let url = request.url;
    let headers: Readonly<Record<string, string>> = request.headers ?? {};
    for (let count = 0; count <= maximumRedirects; count++) {
      const response = await this.#once({ ...request, url, headers });
      const location = response.headers.location;
      if (!redirects.has(response.status) || location === undefined) return response;
      // Only these two say that the same request is to be made elsewhere, whatever it is.
      if (request.body !== undefined && response.status !== 307 && response.status !== 308) return response;
      response.discard();
      const next = redirectTarget(request.method, url, location);
      if (next.origin !== url.origin) headers = withoutCredentials(headers);
      url = next;
    }
    throw invalid(request.method, request.url, `more than ${maximumRedirects} redirects`);
  }

  /** Closes every kept connection. */
  close(): void {
    this.#agents.close();
  }

  async #once(request: HttpRequest): Promise<HttpResponse> {
    const { method, url, signal } = request;
    try {
      signal?.throwIfAborted();
      const incoming = await this.#send(request);
      return {
        status: incoming.statusCode ?? 0,
        statusText: incoming.statusMessage ?? "",
        headers: incoming.headers,
        url,
        body: readBody(incoming, { method, url, signal, idleTimeout: this.#idleTimeout }),
        discard: () => discard(incoming),
      };
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw RegistryError.is(error) || OciError.is(error) ? error : connectionError(method, url, error);
    }
  }

  async #send(request: HttpRequest): Promise<http.IncomingMessage> {
    for (let attempts = 1; ; attempts++) {
      try {
        return await this.#attempt(request);
      } catch (error) {
        // A kept connection that the other side closed meanwhile says nothing about the registry. Where a line broke,
        // all that were kept are closed, and each is found out by itself.
        if (!(error instanceof StaleConnection)) throw error;
        if (request.once || attempts > maximumStale) throw error.cause;
      }
    }
  }

  #attempt({ method, url, headers, body, signal }: HttpRequest): Promise<http.IncomingMessage> {
    const proxy = chooseProxy(url, this.#proxy);
    const plainProxy = url.protocol === "http:" ? proxy : undefined;
    const target = plainProxy ?? url;
    const outgoing = (target.protocol === "https:" ? https : http).request({
      ...urlToHttpOptions(target),
      auth: null,
      path: plainProxy === undefined ? `${url.pathname}${url.search}` : `${url.origin}${url.pathname}${url.search}`,
      method,
      agent: this.#agents.for(url, proxy),
      headers: {
        host: url.host,
        "user-agent": "strake",
        "accept-encoding": "identity",
        ...(body?.length === undefined ? {} : { "content-length": String(body.length) }),
        ...headers,
        ...(plainProxy === undefined ? {} : proxyAuthorization(plainProxy)),
      },
    });
    return answer(outgoing, body, signal, this.#connectTimeout, this.#idleTimeout);
  }
}

/** A kept connection that was closed before the request could be answered. */
class StaleConnection extends Error {
  constructor(cause: Error) {
    super("the connection was closed meanwhile", { cause });
  }
}

function answer(
  outgoing: http.ClientRequest,
  body: RequestBody | undefined,
  signal: AbortSignal | undefined,
  connectTimeout: number,
  idleTimeout: number,
): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const wait = (milliseconds: number, what: string) =>
      setTimeout(() => outgoing.destroy(new Silence(`${what} within ${seconds(milliseconds)}`)), milliseconds);
    let timer = wait(connectTimeout, "no connection");
    const connected = () => {
      clearTimeout(timer);
      timer = wait(idleTimeout, "no answer");
    };
    const abort = () => outgoing.destroy(new Error("aborted"));
    const settle = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    };
    signal?.addEventListener("abort", abort, { once: true });
    outgoing.once("socket", (socket) => {
      if (!socket.connecting && outgoing.reusedSocket) connected();
      else socket.once("encrypted" in socket ? "secureConnect" : "connect", connected);
    });
    outgoing.once("response", (incoming) => {
      settle();
      // An answer before the end of the body means that nobody wants the rest of it.
      if (!outgoing.writableEnded) incoming.once("close", () => outgoing.destroy());
      resolve(incoming);
    });
    outgoing.on("error", (error) => {
      settle();
      const stale = outgoing.reusedSocket && ["ECONNRESET", "EPIPE"].includes(nodeCode(error) ?? "");
      reject(stale ? new StaleConnection(error) : error);
    });
    // A connection that ends without a word is not always an error to Node.
    outgoing.once("close", () => {
      settle();
      reject(Object.assign(new Error("the connection was closed"), { code: "ECONNRESET" }));
    });
    if (body === undefined) outgoing.end();
    else sendBody(outgoing, body, connected).catch((error) => outgoing.destroy(error));
  });
}

function redirectTarget(method: string, from: URL, location: string): URL {
  const next = URL.canParse(location, from.href) ? new URL(location, from.href) : undefined;
  if (next === undefined || !/^https?:$/.test(next.protocol)) {
    throw invalid(method, from, "the redirect does not lead to an http or https address");
  }
  if (from.protocol === "https:" && next.protocol === "http:") {
    throw invalid(method, from, `the redirect to ${redactUrl(next)} would leave https for http`);
  }
  next.username = "";
  next.password = "";
  return next;
}

function withoutCredentials(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== "authorization" && name !== "cookie"));
}

function discard(incoming: http.IncomingMessage): void {
  const length = Number(incoming.headers["content-length"] ?? Number.NaN);
  if (length <= 64 * 1024) incoming.resume();
  else incoming.destroy();
}

function seconds(milliseconds: number): string {
  return milliseconds < 1000 ? `${milliseconds} ms` : `${Math.round(milliseconds / 1000)} s`;
}

function invalid(method: string, url: URL, message: string): RegistryError {
  return new RegistryError("invalid-response", `${method} ${redactUrl(url)}: INVALID_REDIRECT: ${message}`, {
    hint: "The registry, or a proxy on the way, is set up wrongly.",
  });
}
