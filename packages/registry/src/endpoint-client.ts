import { readFileSync } from "node:fs";
import { parseChallenges } from "./auth/challenge.ts";
import { type TokenRequest, TokenSource } from "./auth/token.ts";
import type { Endpoint } from "./endpoint.ts";
import { answerError } from "./http/answer-error.ts";
import { refusesTls } from "./http/connection-error.ts";
import { HttpClient, type HttpOptions } from "./http/request.ts";
import type { HttpResponse } from "./http/response.ts";
import { type RetryOptions, retry } from "./http/retry.ts";
import { RegistryError } from "./registry-error.ts";

/** A question about one repository. */
export interface EndpointRequest {
  readonly method: "GET" | "HEAD";
  readonly repository: string;
  /** What comes after the repository: `manifests/latest`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** Asks one endpoint: with a token where it wants one, and again where it failed for a moment. */
export class EndpointClient {
  readonly endpoint: Endpoint;
  readonly #http: HttpClient;
  readonly #tokens: TokenSource;
  readonly #retry: RetryOptions;
  /** What the endpoint asked for by repository, so that later requests bring it along. */
  readonly #asked = new Map<string, TokenRequest>();
  #base: URL | undefined;

  /** @throws RegistryError `invalid-settings` when the endpoint's certificates cannot be read */
  constructor(endpoint: Endpoint, options: HttpOptions & { readonly retry?: RetryOptions }) {
    this.endpoint = endpoint;
    this.#retry = options.retry ?? {};
    this.#http = new HttpClient(
      endpoint.ca === undefined ? options : { ...options, ca: readCertificates(endpoint.ca) },
    );
    this.#tokens = new TokenSource(this.#http, this.#retry);
    if (endpoint.bases.length === 1) this.#base = endpoint.bases[0];
  }

  /**
   * Makes a request that is answered with success.
   *
   * @throws RegistryError for everything else; or the signal's reason
   */
  async request(request: EndpointRequest): Promise<HttpResponse> {
    return await retry(() => this.#authorized(request), this.#retry, request.signal);
  }

  /** Where a request goes, for messages. */
  url(request: Pick<EndpointRequest, "repository" | "path">): URL {
    return this.#url(this.#base ?? this.endpoint.bases[0], request);
  }

  /** Closes every kept connection. */
  close(): void {
    this.#http.close();
  }

  async #authorized(request: EndpointRequest): Promise<HttpResponse> {
    const known = this.#asked.get(request.repository);
    const token = known === undefined ? undefined : await interruptible(this.#tokens.get(known), request.signal);
    const response = await this.#send(request, token);
    if (response.status !== 401) return await this.#successful(request, response);
    const asked = this.#readChallenge(request, response);
    const refusal = await answerError(request.method, this.url(request), response);
    if (asked === undefined) throw refusal;
    const fresh = await interruptible(this.#tokens.get(asked, token), request.signal);
    const second = await this.#send(request, fresh);
    if (second.status !== 401) this.#asked.set(request.repository, asked);
    return await this.#successful(request, second);
  }

  async #successful(request: EndpointRequest, response: HttpResponse): Promise<HttpResponse> {
    if (response.status >= 200 && response.status < 300) return response;
    throw await answerError(request.method, this.url(request), response);
  }

  #readChallenge(request: EndpointRequest, response: HttpResponse): TokenRequest | undefined {
    const challenges = parseChallenges(response.headers["www-authenticate"] ?? "");
    const parameters = challenges.find(({ scheme }) => scheme === "bearer")?.parameters;
    const realm = parameters?.realm;
    if (realm === undefined || !URL.canParse(realm) || !/^https?:$/.test(new URL(realm).protocol)) return undefined;
    return {
      realm: new URL(realm),
      scope: parameters?.scope ?? `repository:${this.endpoint.prefix}${request.repository}:pull`,
      ...(parameters?.service === undefined ? {} : { service: parameters.service }),
    };
  }

  async #send(request: EndpointRequest, token: string | undefined): Promise<HttpResponse> {
    if (this.#base !== undefined) return await this.#sendTo(this.#base, request, token);
    const [first, second = first] = this.endpoint.bases;
    try {
      const response = await this.#sendTo(first, request, token);
      this.#base = first;
      return response;
    } catch (error) {
      if (!RegistryError.is(error) || !refusesTls(error)) throw error;
      const response = await this.#sendTo(second, request, token);
      this.#base = second;
      return response;
    }
  }

  #sendTo(base: URL, request: EndpointRequest, token: string | undefined): Promise<HttpResponse> {
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    return this.#http.request({
      method: request.method,
      url: this.#url(base, request),
      headers: { ...request.headers, ...authorization },
      signal: request.signal,
    });
  }

  #url(base: URL, { repository, path }: Pick<EndpointRequest, "repository" | "path">): URL {
    return new URL(`/v2/${this.endpoint.prefix}${repository}/${path}`, base);
  }
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

function readCertificates(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new RegistryError("invalid-settings", `the certificates of a registry cannot be read: ${reason}`, {
      hint: "Correct ca in the registry settings.",
      cause: error,
    });
  }
}
