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

/** How long a daemon may take to answer where nothing is said, in milliseconds. */
export const usualTimeout: number = 20_000;

/** How a connection is made into one of another protocol. */
export interface UpgradeOptions extends Pick<DialOptions, "signal" | "timeout"> {
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
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
  // Whoever waits hears of it by the promise, and nobody listens to a stream that was never given out.
  stream.on("error", () => undefined);
  return new Promise((resolve, reject) => {
    const fail = (why: string, cause?: unknown) => {
      const hint = `Check that \`${[address.command, ...address.args].join(" ")}\` works here.`;
      const error = new DaemonError("unreachable", `no daemon answers at ${name}: ${why}`, { hint, cause });
      reject(error);
      stream.destroy(error);
    };
    child.on("error", (error: NodeJS.ErrnoException) => {
      fail(error.code === "ENOENT" ? `there is no program ${address.command} here` : error.message, error);
    });
    child.on("close", (status) => {
      if (status === 0) stream.push(null);
      else fail(lastWords(said) || `${address.command} exited with ${status}`);
    });
    // The remote side of a dial-stdio says nothing before it is spoken to.
    child.on("spawn", () => resolve(stream));
  });
}

/**
 * What a program said before it gave up, without the lines of its log (klog, as kubectl writes them), which repeat in
 * their own form what the last lines say plainly.
 */
function lastWords(said: string): string {
  const lines = said.trim().split("\n");
  const plain = lines.filter((line) => !/^[IWEF]\d{4} \d\d:\d\d:\d\d/.test(line));
  return (plain.length > 0 ? plain : lines.slice(-1)).join("\n").trim();
}

/**
 * Makes an HTTP/1 connection to the Docker Engine into one of another protocol: `/grpc` or `/session`.
 *
 * @throws DaemonError `not-buildkit` where the engine does not do that, `unreachable` where it says nothing
 */
export function upgrade(
  connection: Duplex,
  path: string,
  name: string,
  { headers = {}, timeout = usualTimeout, signal }: UpgradeOptions = {},
): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => sent.destroy(noAnswer(name, timeout)), timeout);
    const aborted = () => void sent.destroy();
    signal?.addEventListener("abort", aborted, { once: true });
    // What becomes of the stream afterwards is the business of those who get it.
    const settle = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", aborted);
    };
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
    sent.on("close", settle);
    sent.on("upgrade", (_response, socket, head) => {
      settle();
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
    sent.on("error", (error) => reject(signal?.aborted ? signal.reason : upgradeError(error, name)));
    sent.end();
  });
}

function upgradeError(cause: Error, name: string): DaemonError {
  if (DaemonError.is(cause)) return cause;
  const { code = "" } = cause as NodeJS.ErrnoException;
  // HPE is Node's parser of HTTP/1.
  if (!code.startsWith("HPE_")) return connectError(cause, name, false);
  return new DaemonError("not-buildkit", `what answers at ${name} is not a Docker Engine: ${cause.message}`, {
    hint: "Give the address of a Docker Engine; that of a BuildKit by itself has no docker+ before it.",
    cause,
  });
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
