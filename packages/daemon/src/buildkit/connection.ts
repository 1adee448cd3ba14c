import { type ClientHttp2Session, connect as connectHttp2 } from "node:http2";
import { Duplex } from "node:stream";
import { type Address, type DaemonKind, parseAddress } from "../address/address.ts";
import { type DialOptions, dial, noAnswer, reasonOf, usualTimeout } from "../address/dial.ts";
import { upgrade } from "../address/upgrade.ts";
import { DaemonError } from "../daemon-error.ts";
import { BytesMessage, Control } from "../generated/github.com/moby/buildkit/api/services/control/control_fields.ts";
import { encodeBytesFrames } from "../grpc/bytes-frames.ts";
import { type GrpcCall, GrpcClient } from "../grpc/grpc-client.ts";
import { GrpcError, grpcCode } from "../grpc/grpc-error.ts";
import { decode } from "../protobuf/message.ts";
import type { Session } from "../session/session.ts";

/** How a daemon is connected to. */
export interface ConnectOptions extends DialOptions {
  /** `docker` for the BuildKit within a Docker Engine; BuildKit itself when left out. */
  readonly daemon?: DaemonKind;
  /** How long a daemon may be silent before it counts as lost, in milliseconds; 30 seconds when left out. */
  readonly silence?: number;
}

const greetingHint: Readonly<Record<DaemonKind, string>> = {
  buildkit:
    "Give the address of a buildkitd, with certificates where it listens with TLS. For the BuildKit in a Docker Engine, say that it is one.",
  docker: "Give the address of a Docker Engine.",
};

/** One HTTP/2 connection to a daemon, watched as long as it is used. */
export class Connection {
  readonly client: GrpcClient;
  readonly name: string;
  readonly kind: DaemonKind;
  readonly #address: Address;
  readonly #options: ConnectOptions;
  readonly #session: ClientHttp2Session;
  readonly #socket: Duplex;
  #timer: NodeJS.Timeout | undefined;
  #lost: Error | undefined;

  private constructor(
    name: string,
    address: Address,
    options: ConnectOptions,
    socket: Duplex,
    session: ClientHttp2Session,
  ) {
    this.name = name;
    this.kind = options.daemon ?? "buildkit";
    this.#address = address;
    this.#options = options;
    this.#socket = socket;
    this.#session = session;
    this.client = new GrpcClient(session, authorityOf(address, options));
    this.#watch(options.silence ?? 30_000);
  }

  /**
   * Opens a connection that calls may be made on at once; `greeted` tells whether a BuildKit is at its other end.
   *
   * @throws DaemonError `unreachable`, `tls`, `not-buildkit`, `unsupported-address`
   */
  static async open(name: string, asked: ConnectOptions): Promise<Connection> {
    const options: ConnectOptions = { protocol: asked.daemon === "docker" ? "http/1.1" : "h2", ...asked };
    const address = parseAddress(name, options.daemon);
    let socket = await dial(address, name, options);
    if (options.daemon === "docker") socket = await upgrade(socket, "/grpc", name, options);
    const session = connectHttp2("http://localhost", {
      createConnection: () => socket,
      settings: { initialWindowSize: 1 << 20 },
    });
    return new Connection(name, address, options, socket, session);
  }

  /**
   * Waits for the daemon's first words, which tell a BuildKit from something else; the connection is closed where they
   * are not BuildKit's. It has to be called before anything else is waited for.
   *
   * @throws DaemonError `tls`, `not-buildkit`, `unreachable`
   */
  async greeted(): Promise<void> {
    try {
      await this.#firstWords(this.#options.timeout ?? usualTimeout);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Opens the way on which the daemon calls back. */
  async openSession(session: Session): Promise<void> {
    if (this.kind === "docker") {
      const socket = await dial(this.#address, this.name, this.#options);
      session.serve(await upgrade(socket, "/session", this.name, { ...this.#options, headers: session.headers }));
      return;
    }
    session.serve(pipeOf(this.client.open(Control.session.path, { metadata: session.headers })));
  }

  /** The certificates that were connected with. */
  get tls(): DialOptions["tls"] {
    return this.#options.tls;
  }

  /** Why the connection is of no use any more, where it is not. */
  get lost(): Error | undefined {
    return this.#lost;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#session.destroy();
    this.#socket.destroy();
  }

  #firstWords(timeout: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (why: string, cause?: unknown) => {
        // Who a server does not let in hears of it only after the handshake.
        if (this.#options.tls !== undefined && /ssl|tls|alert|certificate/i.test(why)) {
          const hint = "Check the client's certificate and key; the daemon may want them from everybody.";
          reject(new DaemonError("tls", `${this.name} refused the TLS connection: ${why}`, { hint, cause }));
          return;
        }
        const message = `what answers at ${this.name} is not BuildKit: ${why}`;
        reject(new DaemonError("not-buildkit", message, { hint: greetingHint[this.kind], cause }));
      };
      const timer = setTimeout(() => reject(noAnswer(this.name, timeout)), timeout);
      this.#session.once("remoteSettings", () => {
        clearTimeout(timer);
        resolve();
      });
      const failed = (error?: Error) => {
        clearTimeout(timer);
        // A program that leads to the daemon says why it could not.
        if (DaemonError.is(error)) reject(error);
        else fail(error === undefined ? "the connection was closed" : reasonOf(error), error);
      };
      this.#session.once("error", failed);
      this.#session.once("close", () => failed());
      this.#socket.on("error", failed);
    });
  }

  #watch(silence: number): void {
    let heard = Date.now();
    this.#session.on("error", (error) => {
      this.#lost ??= error;
    });
    this.#session.on("close", () => clearInterval(this.#timer));
    const every = Math.max(50, Math.min(5000, silence / 4));
    this.#timer = setInterval(() => {
      if (Date.now() - heard > silence) {
        this.#lost = new DaemonError(
          "lost",
          `${this.name} has said nothing for ${Math.round(silence / 1000)} seconds`,
          {
            hint: "Look at the daemon's log, and at the network between.",
          },
        );
        this.#session.destroy(this.#lost);
        return;
      }
      if (this.#session.destroyed) return;
      this.#session.ping((error) => {
        if (error === null) heard = Date.now();
      });
    }, every);
    this.#timer.unref();
  }
}

function authorityOf(address: Address, options: ConnectOptions): string {
  if (address.type !== "tcp") return "localhost";
  return options.tls?.serverName ?? `${address.host}:${address.port}`;
}

/** A call whose messages are bytes, as a stream of bytes. */
function pipeOf(call: GrpcCall): Duplex {
  const send = async (chunks: readonly Uint8Array[]) => {
    for (const frame of encodeBytesFrames(chunks)) await call.sendFrames(frame);
  };
  const stream = new Duplex({
    read() {},
    write(chunk: Uint8Array, _encoding, done) {
      send([chunk]).then(() => done(), done);
    },
    // HTTP/2 writes the head of a frame and its content apart; each would be a message of its own.
    writev(written: readonly { readonly chunk: Uint8Array }[], done) {
      send(written.map(({ chunk }) => chunk)).then(() => done(), done);
    },
    final(done) {
      call.end();
      done();
    },
    destroy(error, done) {
      call.cancel();
      done(error);
    },
  });
  void pump(call, stream);
  return stream;
}

async function pump(call: GrpcCall, stream: Duplex): Promise<void> {
  try {
    for await (const message of call.messages) stream.push(decode(BytesMessage, message).data);
    stream.push(null);
  } catch (error) {
    // What ends the session ends the calls of the build too, and is told there.
    const expected = GrpcError.is(error) && error.code === grpcCode.cancelled;
    stream.destroy(expected ? undefined : (error as Error));
  }
}
