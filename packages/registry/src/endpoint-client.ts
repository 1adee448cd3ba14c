import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { parseChallenges } from "./auth/challenge.ts";
import { basicAuthorization, type Credential, type CredentialSource } from "./auth/credential.ts";
import { type TokenRequest, TokenSource } from "./auth/token.ts";
import type { Endpoint } from "./endpoint.ts";
import type { ShownCertificate } from "./http/agents.ts";
import { answerError } from "./http/answer-error.ts";
import { readDocument } from "./http/body.ts";
import { refusesTls } from "./http/connection-error.ts";
import { HttpClient, type HttpMethod, type HttpOptions } from "./http/request.ts";
import type { RequestBody } from "./http/request-body.ts";
import type { HttpResponse } from "./http/response.ts";
import { type RetryOptions, retry } from "./http/retry.ts";
import { RegistryError } from "./registry-error.ts";
import type { ClientCertificate } from "./registry-settings.ts";

/** How long a login is good before it is asked for again, in milliseconds. */
const loginKept = 60_000;

/** A question about one repository. */
export interface EndpointRequest {
  readonly method: HttpMethod;
  readonly repository: string;
  /** What comes after the repository: `manifests/latest`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: RequestBody;
  /** Where the registry said to go on, instead of the path. */
  readonly location?: URL;
  /** Failures are for the caller to deal with: what was sent in part may not be sent again blindly. */
  readonly once?: boolean;
  /** Part of a push: what is only asked is asked with the right to write, so that one token does for all of it. */
  readonly pushing?: boolean;
  /** Repositories that are read from besides, such as to mount a blob of theirs. */
  readonly reads?: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/** An answer whose bytes have been read. */
export interface ReceivedDocument {
  readonly bytes: Uint8Array;
  readonly response: Pick<HttpResponse, "headers" | "url">;
}

/** Asks one endpoint: with a token where it wants one, and again where it failed for a moment. */
export class EndpointClient {
  readonly endpoint: Endpoint;
  /** Whether the registry takes a blob with the request that begins its upload; undefined as long as none was tried. */
  takesWholePosts: boolean | undefined;
  readonly #http: HttpClient;
  /** Trusts nobody: what it gets an answer from speaks no TLS. */
  readonly #probe: HttpClient;
  readonly #tokens: TokenSource;
  readonly #retry: RetryOptions;
  readonly #credentials: CredentialSource | undefined;
  #login: { readonly credential: Promise<Credential | undefined>; readonly until: number } | undefined;
  /** What the endpoint asked for, by repository and what is done there, so that later requests bring it along. */
  readonly #asked = new Map<string, TokenRequest | "basic">();
  /** Where the endpoint has tokens from, or that it wants the login itself: the same for all its repositories. */
  #usual: Pick<TokenRequest, "realm" | "service"> | "basic" | undefined;
  #base: URL | undefined;
  #choosing: Promise<URL> | undefined;

  /** @throws RegistryError `invalid-settings` when the endpoint's certificates cannot be read */
  constructor(
    endpoint: Endpoint,
    options: HttpOptions & { readonly retry?: RetryOptions; readonly credentials?: CredentialSource },
  ) {
    this.endpoint = endpoint;
    this.#credentials = options.credentials;
    this.#retry = options.retry ?? {};
    this.#http = new HttpClient({
      ...options,
      ...(endpoint.ca === undefined ? {} : { ca: readPem("ca", endpoint.ca) }),
      ...(endpoint.client === undefined ? {} : { client: readClient(endpoint.bases[0].hostname, endpoint.client) }),
    });
    this.#probe = new HttpClient({ ...options, ca: "nobody" });
    this.#tokens = new TokenSource(this.#http, this.#retry, () => this.#credential());
    if (endpoint.bases.length === 1) this.#base = endpoint.bases[0];
  }

  /**
   * Makes a request that is answered with success.
   *
   * @throws RegistryError for everything else; or the signal's reason
   */
  async request(request: EndpointRequest): Promise<HttpResponse> {
    if (request.once) return await this.#authorized(request);
    return await retry(() => this.#authorized(request), this.#retry, request.signal);
  }

  /**
   * Makes a request for a document and reads it whole; where the line breaks in the middle of it, once more.
   *
   * @param limit the most bytes that are taken
   * @throws RegistryError for everything else than the document; or the signal's reason
   */
  async requestDocument(request: EndpointRequest, limit: number): Promise<ReceivedDocument> {
    const attempt = async () => {
      const response = await this.#authorized(request);
      return { bytes: await readDocument(request.method, response, limit), response };
    };
    return await retry(attempt, this.#retry, request.signal);
  }

  /** Where a request goes, for messages. */
  url(request: Pick<EndpointRequest, "repository" | "path" | "location">): URL {
    return this.#url(this.#base ?? this.endpoint.bases[0], request);
  }

  /** Closes every kept connection. */
  close(): void {
    this.#http.close();
    this.#probe.close();
  }

  async #authorized(request: EndpointRequest): Promise<HttpResponse> {
    const place = request.repository === "" ? `/${request.path}` : request.repository;
    const use = `${place} ${actionsOf(request)} ${request.reads ?? ""}`;
    const known = this.#asked.get(use) ?? this.#expected(request);
    const header = known === undefined ? undefined : await this.#header(known, undefined, request.signal);
    const response = await this.#send(request, header);
    if (response.status !== 401) return await this.#successful(request, response);
    const asked = this.#readChallenge(request, response);
    const refusal = await answerError(request.method, this.url(request), response);
    if (asked === undefined) throw refusal;
    const fresh = await this.#header(asked, header, request.signal);
    if (fresh === undefined) throw refusal;
    const second = await this.#send(request, fresh);
    if (second.status !== 401) this.#asked.set(use, asked);
    if (second.status !== 401 && request.repository !== "") this.#usual = asked;
    return await this.#successful(request, second, asked === "basic");
  }

  /** @param refused the header that the registry did not take */
  async #header(
    asked: TokenRequest | "basic",
    refused: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<string | undefined> {
    if (asked === "basic") {
      const credential = await interruptible(this.#credential(), signal);
      return credential === undefined || "identityToken" in credential ? undefined : basicAuthorization(credential);
    }
    const token = await interruptible(this.#tokens.get(asked, refused?.replace(/^Bearer /, "")), signal);
    return `Bearer ${token}`;
  }

  /** Programs that keep logins take their time, and what they give may be good for an hour only. */
  #credential(): Promise<Credential | undefined> {
    const now = performance.now();
    if (this.#login === undefined || now > this.#login.until) {
      const credential = Promise.resolve(this.#credentials?.(this.endpoint.host));
      this.#login = { credential, until: now + loginKept };
      credential.catch(() => {
        this.#login = undefined;
      });
    }
    return this.#login.credential;
  }

  /** @param login whether a login was shown with the request itself */
  async #successful(request: EndpointRequest, response: HttpResponse, login = false): Promise<HttpResponse> {
    if (response.status >= 200 && response.status < 300) return response;
    throw await answerError(request.method, this.url(request), response, login);
  }

  #readChallenge(request: EndpointRequest, response: HttpResponse): TokenRequest | "basic" | undefined {
    const challenges = parseChallenges(response.headers["www-authenticate"] ?? "");
    const parameters = challenges.find(({ scheme }) => scheme === "bearer")?.parameters;
    if (parameters === undefined && challenges.some(({ scheme }) => scheme === "basic")) return "basic";
    const realm = parameters?.realm;
    if (realm === undefined || !URL.canParse(realm) || !/^https?:$/.test(new URL(realm).protocol)) return undefined;
    const said = parameters?.scope === undefined ? [] : [parameters.scope];
    const own = said.length === 0 || request.pushing ? this.#scopesOf(request) : this.#readScopes(request);
    return {
      realm: new URL(realm),
      scopes: [...new Set([...said, ...own])],
      ...(parameters?.service === undefined ? {} : { service: parameters.service }),
    };
  }

  /** What a repository that was not asked before will want, since others of the endpoint did: saves a refusal. */
  #expected(request: EndpointRequest): TokenRequest | "basic" | undefined {
    if (this.#usual === undefined || this.#usual === "basic") return this.#usual;
    // What is asked of the registry itself may need a scope that only it knows.
    if (request.repository === "") return undefined;
    const { realm, service } = this.#usual;
    return { realm, scopes: this.#scopesOf(request), ...(service === undefined ? {} : { service }) };
  }

  #scopesOf(request: EndpointRequest): readonly string[] {
    const { repository } = request;
    // Of the registry itself nothing is asked that needs a scope, unless it says so, as for its catalog.
    const own = repository === "" ? [] : [`repository:${this.endpoint.prefix}${repository}:${actionsOf(request)}`];
    return [...own, ...this.#readScopes(request)];
  }

  #readScopes({ reads = [] }: EndpointRequest): readonly string[] {
    return reads.map((name) => `repository:${this.endpoint.prefix}${name}:pull`);
  }

  async #send(request: EndpointRequest, authorization: string | undefined): Promise<HttpResponse> {
    if (this.#base !== undefined) return await this.#sendTo(this.#base, request, authorization);
    this.#choosing ??= this.#chooseBase(request.signal);
    try {
      this.#base = await this.#choosing;
    } finally {
      // Who could not be reached is asked again the next time.
      this.#choosing = undefined;
    }
    return await this.#sendTo(this.#base, request, authorization);
  }

  /** Finds out whether the first address speaks TLS, without the system's certificates: to read those takes longest. */
  async #chooseBase(signal: AbortSignal | undefined): Promise<URL> {
    const [first, second = first] = this.endpoint.bases;
    try {
      (await this.#probe.request({ method: "GET", url: new URL("/v2/", first), once: true, signal })).discard();
      return first;
    } catch (error) {
      if (!RegistryError.is(error)) throw error;
      if (refusesTls(error)) return second;
      // Whoever has a certificate speaks TLS, whether or not it is one to be trusted.
      if (error.code === "untrusted-certificate") return first;
      throw error;
    }
  }

  #sendTo(base: URL, request: EndpointRequest, authorization: string | undefined): Promise<HttpResponse> {
    const url = this.#url(base, request);
    // Some registries take uploads at another host, which proves by the address that they may.
    const own = url.origin === base.origin && authorization !== undefined;
    return this.#http.request({
      method: request.method,
      url,
      headers: { ...request.headers, ...(own ? { authorization } : {}) },
      ...(request.body === undefined ? {} : { body: request.body }),
      ...(request.once === undefined ? {} : { once: request.once }),
      signal: request.signal,
    });
  }

  #url(base: URL, { repository, path, location }: Pick<EndpointRequest, "repository" | "path" | "location">): URL {
    if (location !== undefined) return location;
    if (repository === "") return new URL(`/v2/${path}`, base);
    return new URL(`/v2/${this.endpoint.prefix}${repository}/${path}`, base);
  }
}

function actionsOf({ method, pushing }: EndpointRequest): string {
  if ((method === "GET" || method === "HEAD") && pushing !== true) return "pull";
  return method === "DELETE" ? "delete" : "pull,push";
}

/** Waits for what others may wait for too: an interruption ends the waiting and not the thing itself. */
function interruptible<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

function readClient(hostname: string, { cert, key }: ClientCertificate): ShownCertificate {
  const client = { hostname, cert: readPem("cert", cert), key: readPem("key", key) };
  try {
    createSecureContext(client);
  } catch (error) {
    // What OpenSSL says names neither file.
    throw new RegistryError("invalid-settings", `${cert} and ${key} are no certificate and its key`, {
      hint: "Correct cert and key in the registry settings; both are PEM, and the key has no passphrase.",
      cause: error,
    });
  }
  return client;
}

function readPem(setting: "ca" | "cert" | "key", path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new RegistryError("invalid-settings", `the certificates of a registry cannot be read: ${reason}`, {
      hint: `Correct ${setting} in the registry settings.`,
      cause: error,
    });
  }
}
