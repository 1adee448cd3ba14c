/** A request with the answer that the spec has for it. */
export interface EndpointRow {
  /** The endpoint as the spec numbers it. */
  readonly end: string;
  /** What is done, to whom. */
  readonly what: string;
  /** Method and path; words in braces are those of `makeEndpointContent`. */
  readonly send: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The name of a body. */
  readonly body?: string;
  readonly status: number;
  /** Headers of the answer and what they hold; `null` where there must be none. */
  readonly answers?: Readonly<Record<string, RegExp | string | null>>;
  /** What the document that is answered says. */
  readonly says?: RegExp;
  /** A request that is made afterwards, and its status. */
  readonly next?: readonly [string, number];
  /** A registry that lets nothing be removed, that wants a login, or that is older than referrers. */
  readonly at?: "locked" | "guarded" | "older";
  /** What Debian's docker-registry answers instead, and why that is right for it. */
  readonly docker?: { readonly status: number; readonly why: string };
}
