import type { IncomingHttpHeaders } from "node:http";

/** An answer, of which the body is still to be read or discarded. */
export interface HttpResponse {
  readonly status: number;
  readonly statusText: string;
  readonly headers: IncomingHttpHeaders;
  /** Where the answer came from, after redirects. */
  readonly url: URL;
  /**
   * The bytes of the answer; may be iterated once.
   *
   * @throws RegistryError `unreachable` when the connection breaks, `timeout` when nothing is heard for too long
   */
  readonly body: AsyncIterable<Uint8Array>;
  /** Gives up the body, keeping the connection where little is left to read. */
  discard(): void;
}
