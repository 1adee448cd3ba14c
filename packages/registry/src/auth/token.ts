import { answerError } from "../http/answer-error.ts";
import { readDocument } from "../http/body.ts";
import { redactUrl } from "../http/redact.ts";
import type { HttpClient, HttpRequest } from "../http/request.ts";
import { bytesBody } from "../http/request-body.ts";
import { type RetryOptions, retry } from "../http/retry.ts";
import { RegistryError } from "../registry-error.ts";
import { basicAuthorization, type Credential } from "./credential.ts";

/** What a token is good for, and who gives it. */
export interface TokenRequest {
  readonly realm: URL;
  readonly service?: string;
  /** As a challenge writes them: `repository:library/debian:pull`. */
  readonly scopes: readonly string[];
}

interface Token {
  readonly value: string;
  /** Milliseconds since 1970 after which it is no longer used. */
  readonly until: number;
}

const longestAnswer = 1024 * 1024;

/**
 * Fetches bearer tokens, for somebody or for nobody in particular, and keeps them as long as they are good.
 *
 * The protocol is Docker's token authentication. One that several ask for at once is fetched once.
 */
export class TokenSource {
  readonly #http: HttpClient;
  readonly #retry: RetryOptions;
  readonly #tokens = new Map<string, Promise<Token>>();

  readonly #credential: () => Promise<Credential | undefined>;

  /** @param credential who asks; nobody in particular where there is none */
  constructor(
    http: HttpClient,
    retry: RetryOptions = {},
    credential: () => Promise<Credential | undefined> = async () => undefined,
  ) {
    this.#credential = credential;
    this.#http = http;
    this.#retry = retry;
  }

  /**
   * A token for a scope.
   *
   * @param refused a token that the registry did not take, to be replaced
   * @throws RegistryError `unauthorized` when none is given
   */
  async get(request: TokenRequest, refused?: string): Promise<string> {
    const key = JSON.stringify([request.realm.href, request.service, request.scopes]);
    const kept = this.#tokens.get(key);
    if (kept !== undefined) {
      const token = await kept.catch(() => undefined);
      if (token !== undefined && token.until > Date.now() && token.value !== refused) return token.value;
      // Somebody else may have found the same and begun to fetch a new one.
      if (this.#tokens.get(key) === kept) this.#tokens.delete(key);
    }
    const fetching = this.#tokens.get(key) ?? retry(() => this.#fetch(request), this.#retry);
    this.#tokens.set(key, fetching);
    return (await fetching).value;
  }

  async #fetch(request: TokenRequest): Promise<Token> {
    const credential = await this.#credential();
    const response = await this.#http.request(tokenRequest(request, credential));
    const method = credential !== undefined && "identityToken" in credential ? "POST" : "GET";
    if (response.status !== 200) throw await answerError(method, response.url, response, credential !== undefined);
    const fetched = Date.now();
    return parseToken(await readDocument(method, response, longestAnswer), response.url, fetched);
  }
}

/** Docker's two ways to a token: a question with a login, or an exchange of one token for another (OAuth 2). */
function tokenRequest(request: TokenRequest, credential: Credential | undefined): HttpRequest {
  const { realm, service, scopes } = request;
  const scopeTexts = scopes.flatMap((scope) => scope.split(" "));
  if (credential !== undefined && "identityToken" in credential) {
    const form = new URLSearchParams({
      grant_type: "refresh_token",
      refresh_token: credential.identityToken,
      client_id: "strake",
      scope: scopeTexts.join(" "),
      ...(service === undefined ? {} : { service }),
    });
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    return { method: "POST", url: realm, headers, body: bytesBody(Buffer.from(form.toString())) };
  }
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set("service", service);
  for (const scope of scopeTexts) url.searchParams.append("scope", scope);
  return {
    method: "GET",
    url,
    ...(credential === undefined ? {} : { headers: { authorization: basicAuthorization(credential) } }),
  };
}

function parseToken(bytes: Uint8Array, url: URL, fetched: number): Token {
  let document: { token?: unknown; access_token?: unknown; expires_in?: unknown } | null;
  try {
    document = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    document = null;
  }
  const value = document?.token ?? document?.access_token;
  if (typeof value !== "string" || !/^[\x21-\x7e]+$/.test(value)) {
    throw new RegistryError("invalid-response", `GET ${redactUrl(url)}: INVALID_TOKEN: the answer holds no token`, {
      hint: "The registry's token server is set up wrongly.",
    });
  }
  // The protocol's default is 60 seconds. A tenth is left for the way and for clocks that run apart.
  const seconds = typeof document?.expires_in === "number" && document.expires_in > 0 ? document.expires_in : 60;
  return { value, until: fetched + seconds * 900 };
}
