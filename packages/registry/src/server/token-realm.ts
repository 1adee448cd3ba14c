import { type Exchange, sendBytes, sendError } from "./exchange.ts";
import type { Route } from "./route.ts";
import type { TokenOptions } from "./server-options.ts";

/** Gives everybody tokens for what they ask, and knows its own again (Docker's token authentication). */
export class TokenRealm {
  readonly #options: TokenOptions;
  readonly #tokens = new Map<string, { scopes: readonly string[]; until: number }>();

  constructor(options: TokenOptions) {
    this.#options = options;
  }

  /** Answers a request for a token. */
  async send(exchange: Exchange): Promise<void> {
    if (this.#options.refuse) return sendError(exchange, 401, "UNAUTHORIZED", "a login is needed");
    const seconds = this.#options.expiresIn ?? 300;
    const token = `token-${this.#tokens.size + 1}`;
    const scopes = exchange.url.searchParams.getAll("scope").flatMap((scope) => scope.split(" "));
    this.#tokens.set(token, { scopes, until: Date.now() + seconds * 1000 });
    const body = JSON.stringify({ token, expires_in: seconds });
    await sendBytes(exchange, 200, { "content-type": "application/json" }, Buffer.from(body));
  }

  /** Tells whether a request brings a token that is good for its route. */
  admits(authorization: string | undefined, route: Route, method: string): boolean {
    const token = this.#tokens.get(/^Bearer (\S+)$/i.exec(authorization ?? "")?.[1] ?? "");
    if (token === undefined || token.until < Date.now()) return false;
    const wanted = neededScope(route, method);
    return wanted === undefined || token.scopes.some((scope) => covers(scope, wanted));
  }
}

/** Refuses a request, saying where a token for it can be had. */
export function sendChallenge(exchange: Exchange, route: Route): void {
  const { request } = exchange;
  const secure = "encrypted" in request.socket;
  const scope = neededScope(route, request.method ?? "GET");
  const realm = `${secure ? "https" : "http"}://${request.headers.host}/token`;
  const challenge = `Bearer realm="${realm}",service="strake test registry"${scope === undefined ? "" : `,scope="${scope}"`}`;
  sendError(exchange, 401, "UNAUTHORIZED", "authentication required", { "www-authenticate": challenge });
}

function neededScope(route: Route, method: string): string | undefined {
  if (route.kind === "catalog") return "registry:catalog:*";
  if (!("repository" in route)) return undefined;
  return `repository:${route.repository}:${method === "GET" || method === "HEAD" ? "pull" : "pull,push"}`;
}

function covers(scope: string, wanted: string): boolean {
  const [type, name, actions = ""] = scope.split(":");
  const [wantedType, wantedName, wantedActions = ""] = wanted.split(":");
  const allowed = new Set(actions.split(","));
  return type === wantedType && name === wantedName && wantedActions.split(",").every((action) => allowed.has(action));
}
