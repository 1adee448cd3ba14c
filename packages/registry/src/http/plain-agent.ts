import * as http from "node:http";
import * as net from "node:net";
import type { Duplex } from "node:stream";
import { chunkSize } from "@strake/oci";
import { DirectBody } from "./direct-body.ts";

/** How much is read from a connection at once, in bytes; Node reads 64 KiB unless told, into a new buffer each time. */
const readSize = 1024 * 1024;

/** Who takes what a connection brings, instead of Node's HTTP client. */
const bodies = new WeakMap<Duplex, { body: DirectBody | undefined }>();

/**
 * A pool of kept connections without encryption, all of which read into one buffer.
 *
 * Node copies what belongs to a body out of what it has read before it goes on, so nobody is left with a part of the
 * buffer. A large answer takes two thirds of the processor time this way: each piece of it, whatever its length, is
 * handed on once, and memory that no processor has at hand is the dearest part of a piece.
 */
export class PlainAgent extends http.Agent {
  readonly #buffer = Buffer.allocUnsafeSlow(readSize);

  override createConnection(options: http.ClientRequestArgs): Duplex {
    const taker: { body: DirectBody | undefined } = { body: undefined };
    const socket: net.Socket = net.connect({
      ...(options as net.NetConnectOpts),
      onread: {
        buffer: () => taker.body?.room ?? this.#buffer,
        callback: (length, buffer) => {
          if (taker.body !== undefined) return taker.body.take(length, buffer);
          // Where connections have a buffer of their own, Node's HTTP client is told nothing otherwise.
          socket.emit("data", buffer.subarray(0, length));
          return true;
        },
      },
    });
    bodies.set(socket, taker);
    return socket;
  }
}

/**
 * Has the connection of an answer write the body into chunks by itself, where most of the body is still to come.
 *
 * @returns undefined where it cannot; nothing has been read then
 */
export function takeOverBody(incoming: http.IncomingMessage, idleTimeout: number): DirectBody | undefined {
  const length = Number(incoming.headers["content-length"]);
  const taker = bodies.get(incoming.socket);
  if (taker === undefined || !(length - incoming.readableLength >= chunkSize)) return undefined;
  taker.body = new DirectBody(incoming, length, idleTimeout);
  return taker.body;
}
