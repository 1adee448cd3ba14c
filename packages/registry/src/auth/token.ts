import { answerError } from "../http/answer-error.ts";
import { readDocument } from "../http/body.ts";
import { redactUrl } from "../http/redact.ts";
import type { HttpClient } from "../http/request.ts";
import { type RetryOptions, retry } from "../http/retry.ts";
import { RegistryError } from "../registry-error.ts";

/** What a token is good for, and who gives it. */
export interface TokenRequest {
  readonly realm: URL;
  readonly service?: string;
  /** As a challenge writes it: `repository:library/debian:pull`. */
  readonly scope: string;
}

interface Token {
  readonly value: string;
  /** Milliseconds since 1970 after which it is no longer used. */
  readonly until: number;
}

const longestAnswer = 1024 * 1024;

/**
 * Fetches anonymous bearer tokens and keeps them as long as they are good.
 *
 * The protocol is Docker's token authentication. One that several ask for at once is fetched once.
 */
export class TokenSource {
  readonly #http: HttpClient;
  readonly #retry: RetryOptions;
  readonly #tokens = new Map<string, Promise<Token>>();

  constructor(http: HttpClient, retry: RetryOptions = {}) {
    this.#http = http;
    this.#retry = retry;
  }

  /**
   * A token for a scope.
   *
   * @param refused a token that the registry did not take, to be replaced
   * @throws RegistryError `unauthorized` when none is given to somebody unknown
   */
  async get(request: TokenRequest, refused?: string): Promise<string> {
    const key = JSON.stringify([request.realm.href, request.service, request.scope]);
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
    const url = new URL(request.realm);
    if (request.service !== undefined) url.searchParams.set("service", request.service);
    url.searchParams.set("scope", request.scope);
    const response = await this.#http.request({ method: "GET", url });
    if (response.status !== 200) throw await answerError("GET", url, response);
    const fetched = Date.now();
    return parseToken(await readDocument("GET", response, longestAnswer), url, fetched);
  }
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
