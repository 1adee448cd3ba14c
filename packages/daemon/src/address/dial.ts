import { spawn } from "node:child_process";
import { request } from "node:http";
import { connect } from "node:net";
import { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import { DaemonError } from "../daemon-error.ts";
import type { Address } from "./address.ts";

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
    const socket = openSocket(address, options);
    const { timeout = 20_000, signal } = options;
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
  { tls, protocol = "h2" }: DialOptions,
): ReturnType<typeof connect> {
  if (address.type === "socket") return connect(address.path);
  const { host, port } = address;
  if (tls === undefined) return connect({ host, port, noDelay: true });
  const { ca, cert, key, serverName = host, verify = true } = tls;
  return connectTls({
    host,
    port,
    ...(ca === undefined ? {} : { ca: Buffer.from(ca) }),
    ...(cert === undefined ? {} : { cert: Buffer.from(cert) }),
    ...(key === undefined ? {} : { key: Buffer.from(key) }),
    // An address is no name that SNI may carry.
    ...(/^[\d.]+$|:/.test(serverName) ? {} : { servername: serverName }),
    rejectUnauthorized: verify,
    ALPNProtocols: [protocol],
  });
}

function dialProgram(address: Extract<Address, { type: "program" }>, name: string): Promise<Duplex> {
  const child = spawn(address.command, [...address.args], { stdio: ["pipe", "pipe", "pipe"] });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-2000);
  });
  const stream = new Duplex({
    read: () => void child.stdout.resume(),
    // A pipe that breaks is told by the end of the program, which may still have to say why.
    write: (chunk, _encoding, done) => void child.stdin.write(chunk, (error) => error == null && done()),
    final: (done) => void child.stdin.end(done),
    destroy: (error, done) => {
      child.kill();
      done(error);
    },
  });
  child.stdout.on("data", (chunk) => {
    if (!stream.push(chunk)) child.stdout.pause();
  });
  child.stdin.on("error", () => undefined);
  return new Promise((resolve, reject) => {
    const fail = (why: string, cause?: unknown) => {
      const hint = `Check that \`${[address.command, ...address.args].join(" ")}\` works here.`;
      const error = new DaemonError("unreachable", `no daemon answers at ${name}: ${why}`, { hint, cause });
      reject(error);
      stream.destroy(error);
    };
    child.on("error", (error) => fail(error.message, error));
    child.on("close", (status) => {
      if (status === 0) stream.push(null);
      else fail(said.trim() || `${address.command} exited with ${status}`);
    });
    // The remote side of a dial-stdio says nothing before it is spoken to.
    child.on("spawn", () => resolve(stream));
  });
}

/**
 * Makes an HTTP/1 connection to the Docker Engine into one of another protocol: `/grpc` or `/session`.
 *
 * @throws DaemonError `not-buildkit` where the engine does not do that
 */
export function upgrade(
  connection: Duplex,
  path: string,
  name: string,
  headers: Readonly<Record<string, string | readonly string[]>> = {},
): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const sent = request({
      method: "POST",
      path,
      headers: {
        ...(headers as Record<string, string | string[]>),
        host: "docker",
        connection: "Upgrade",
        upgrade: "h2c",
      },
      createConnection: () => connection as never,
    });
    sent.on("upgrade", (_response, socket, head) => {
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    sent.on("response", (response) => {
      response.resume();
      const message = `${name} answered ${response.statusCode} to ${path}: it has no BuildKit that can be spoken to`;
      reject(
        new DaemonError("not-buildkit", message, {
          hint: "Docker 18.09 and later have one; DOCKER_BUILDKIT and the daemon's settings can turn it off.",
        }),
      );
    });
    sent.on("error", (error) => reject(connectError(error, name, false)));
    sent.end();
  });
}

function connectError(cause: Error, name: string, tls: boolean): DaemonError {
  const { code = "" } = cause as NodeJS.ErrnoException;
  const isSocket = code.startsWith("E") && !code.startsWith("ERR_") && code !== "EPROTO";
  if (tls && !isSocket) {
    return new DaemonError("tls", `the TLS connection to ${name} failed: ${cause.message}`, {
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
