import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls, createSecureContext, type SecureContext } from "node:tls";
import { DaemonError } from "../daemon-error.ts";
import type { Address } from "./address.ts";
import { dialProgram } from "./dial-program.ts";

/** What both sides of a connection prove themselves with; the content of PEM files. */
export interface TlsOptions {
  /** The authority that signed the daemon's certificate. */
  readonly ca?: string | Uint8Array;
  readonly cert?: string | Uint8Array;
  readonly key?: string | Uint8Array;
  /** The name in the daemon's certificate, where it is not the host's. */
  readonly serverName?: string;
  /** False: the daemon may be anybody, as Docker has it without `DOCKER_TLS_VERIFY`. */
  readonly verify?: boolean;
}

/** How a connection is made. */
export interface DialOptions {
  readonly tls?: TlsOptions;
  readonly signal?: AbortSignal | undefined;
  /** How long the daemon may take to answer, in milliseconds; 20 seconds when left out. */
  readonly timeout?: number;
  /** What is spoken over TLS; a Docker Engine refuses who offers HTTP/2 alone. */
  readonly protocol?: "h2" | "http/1.1";
}

/** How long a daemon may take to answer where nothing is said, in milliseconds. */
export const usualTimeout: number = 20_000;

/**
 * Opens a stream of bytes to a daemon.
 *
 * @param name the address as its user wrote it, for messages
 * @throws DaemonError `unreachable`, `tls`
 */
export function dial(address: Address, name: string, options: DialOptions = {}): Promise<Duplex> {
  options.signal?.throwIfAborted();
  if (address.type === "program") return dialProgram(address, name);
  return new Promise((resolve, reject) => {
    const socket = openSocket(address, name, options);
    const { timeout = usualTimeout, signal } = options;
    const timer = setTimeout(() => fail(new Error(`no answer in ${timeout / 1000} seconds`)), timeout);
    const settle = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", aborted);
    };
    const fail = (error: Error) => {
      settle();
      socket.destroy();
      reject(connectError(error, name, options.tls !== undefined));
    };
    const aborted = () => {
      settle();
      socket.destroy();
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", aborted, { once: true });
    socket.once("error", fail);
    socket.once(options.tls === undefined ? "connect" : "secureConnect", () => {
      settle();
      socket.off("error", fail);
      resolve(socket);
    });
  });
}

function openSocket(
  address: Exclude<Address, { type: "program" }>,
  name: string,
  { tls, protocol = "h2" }: DialOptions,
): ReturnType<typeof connect> {
  if (address.type === "socket") return connect(address.path);
  const { host, port } = address;
  if (tls === undefined) return connect({ host, port, noDelay: true });
  const { ca, cert, key, serverName = host, verify = true } = tls;
  return connectTls({
    host,
    port,
    secureContext: secureContext(name, { ca, cert, key }),
    // An address is no name that SNI may carry.
    ...(/^[\d.]+$|:/.test(serverName) ? {} : { servername: serverName }),
    rejectUnauthorized: verify,
    ALPNProtocols: [protocol],
  });
}

/** @throws DaemonError `tls` for files that are no certificates, or a key that is another's */
function secureContext(
  name: string,
  files: { readonly [Part in "ca" | "cert" | "key"]: TlsOptions[Part] | undefined },
): SecureContext {
  const given = Object.entries(files).flatMap(([part, content]) => {
    return content === undefined ? [] : [[part, Buffer.from(content)] as const];
  });
  try {
    return createSecureContext(Object.fromEntries(given));
  } catch (cause) {
    throw new DaemonError("tls", `the certificates for ${name} cannot be used: ${reasonOf(cause as Error)}`, {
      hint: "The key has to be that of the client's certificate, and all of them PEM files.",
      cause,
    });
  }
}

/** What OpenSSL says in its own words, without the names of its routines and files. */
export function reasonOf(error: Error): string {
  const { reason } = error as { readonly reason?: string };
  if (reason === "wrong version number") return "what answers there does not speak TLS";
  return reason ?? error.message.trim();
}

/** What is said of a daemon that takes a connection and then says nothing. */
export function noAnswer(name: string, timeout: number): DaemonError {
  return new DaemonError(
    "unreachable",
    `${name} takes connections, and has not answered in ${timeout / 1000} seconds`,
    {
      hint: "The daemon stands still, or something else listens there: look at its log, and at the address.",
    },
  );
}

/** Says why no connection was made. */
export function connectError(cause: Error, name: string, tls: boolean): DaemonError {
  const { code = "" } = cause as NodeJS.ErrnoException;
  const isSocket = code.startsWith("E") && !code.startsWith("ERR_") && code !== "EPROTO";
  if (tls && !isSocket) {
    return new DaemonError("tls", `the TLS connection to ${name} failed: ${reasonOf(cause)}`, {
      hint: "Check the certificate authority, the client's certificate and key, and the server name.",
      cause,
    });
  }
  const hints: Record<string, string> = {
    ENOENT: "There is no such socket: start the daemon, or give the address where it listens.",
    EACCES: "This user may not use the socket: join its group, or run as one who may.",
    ECONNREFUSED: "Nothing listens there: start the daemon, or give the address where it listens.",
  };
  return new DaemonError("unreachable", `no daemon answers at ${name}: ${cause.message}`, {
    hint: hints[code] ?? "Start the daemon, or give the address where it listens.",
    cause,
  });
}
