import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import { serveGrpc } from "../grpc/grpc-server.ts";
import { healthService } from "./health.ts";
import type { Services } from "./services.ts";

/** What a daemon is told when a session is opened. */
export interface SessionHeaders {
  readonly [name: string]: string | readonly string[];
}

/** The connection on which the daemon asks this side for files, secrets and the like. */
export class Session {
  readonly id: string;
  readonly headers: SessionHeaders;
  readonly #services: Services;
  #server: { close(): void } | undefined;
  #connection: Duplex | undefined;
  readonly #lost = new AbortController();
  #isClosed = false;

  /** @param sharedKey the same for builds that send the same folders, so that the daemon finds what it has of them */
  constructor(services: readonly Services[], sharedKey: string) {
    this.id = randomBytes(13).toString("hex");
    this.#services = new Map([healthService(), ...services].flatMap((service) => [...service]));
    this.headers = {
      "x-docker-expose-session-uuid": this.id,
      "x-docker-expose-session-name": "strake",
      "x-docker-expose-session-sharedkey": sharedKey,
      "x-docker-expose-session-grpc-method": [...this.#services.keys()],
    };
  }

  /** Serves the daemon over a connection that was opened with the session's headers. */
  serve(connection: Duplex): void {
    this.#connection = connection;
    connection.on("error", () => undefined);
    const lost = () => this.#isClosed || this.#lost.abort();
    connection.once("end", lost).once("close", lost);
    this.#server = serveGrpc(connection, this.#services);
  }

  /** Aborted when the daemon ends the session before this side does. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  close(): void {
    this.#isClosed = true;
    this.#server?.close();
    this.#connection?.destroy();
  }
}
