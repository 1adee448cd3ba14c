import type { Route } from "./route.ts";

/** Something that goes wrong on purpose. */
export type Fault =
  /** The request is never answered. */
  | { readonly kind: "hang" }
  /** The answer falls silent after so many bytes of its body. */
  | { readonly kind: "stall"; readonly afterBytes: number }
  | { readonly kind: "slow"; readonly bytesPerSecond: number }
  /** The connection is closed after so many bytes of the body. */
  | { readonly kind: "cut"; readonly afterBytes: number }
  /** The connection is closed after so many bytes of the request's body, which are kept. */
  | { readonly kind: "cut-request"; readonly afterBytes: number }
  /** What is asked is done, and the connection is closed before anything is said of it. */
  | { readonly kind: "lost-answer" }
  /** A `range` header is not understood: everything is sent. */
  | { readonly kind: "no-range" }
  /** The last byte of the body is another. */
  | { readonly kind: "wrong-bytes" }
  /** The header `Docker-Content-Digest` names another digest; the body is right. */
  | { readonly kind: "wrong-digest" }
  /** 401, with a challenge that leads to the server's token realm, or without any. */
  | { readonly kind: "unauthorized"; readonly realm: boolean }
  /** 429; `retryAfter` is the header's own text. */
  | { readonly kind: "too-many-requests"; readonly retryAfter?: string }
  /** A status of 500, or the one given. */
  | { readonly kind: "server-error"; readonly status?: number }
  /** The same path at another origin, such as `http://127.0.0.1:5001`; status 307. */
  | { readonly kind: "redirect"; readonly to: string }
  /** The manifest of another tag or digest of the repository is served, such as one for another platform. */
  | { readonly kind: "instead"; readonly reference: string }
  /** Any other answer. */
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    };

/** Which requests go wrong, and how. Every condition that is given has to hold. */
export interface FaultRule {
  readonly fault: Fault;
  /** What the request is about; anything unless said. */
  readonly on?: Route["kind"];
  readonly method?: string;
  /** Matched against the path with its query. */
  readonly path?: RegExp;
  /** How many requests go wrong before the rule is used up; all unless said. */
  readonly times?: number;
}

/** The rules of a server, the first that fits being applied. */
export class FaultRules {
  readonly #rules: { rule: FaultRule; left: number }[] = [];

  add(rule: FaultRule): void {
    this.#rules.push({ rule, left: rule.times ?? Number.POSITIVE_INFINITY });
  }

  /** The fault for a request, used up by one. */
  take(kind: Route["kind"] | undefined, method: string, path: string): Fault | undefined {
    const found = this.#rules.find(
      ({ rule, left }) =>
        left > 0 &&
        (rule.on === undefined || rule.on === kind) &&
        (rule.method === undefined || rule.method === method) &&
        (rule.path === undefined || rule.path.test(path)),
    );
    if (found === undefined) return undefined;
    found.left -= 1;
    return found.rule.fault;
  }
}
