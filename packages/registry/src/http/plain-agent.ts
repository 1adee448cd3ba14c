import * as http from "node:http";
import * as net from "node:net";
import type { Duplex } from "node:stream";

/** How much is read from a connection at once, in bytes; Node reads 64 KiB unless told, into a new buffer each time. */
const readSize = 1024 * 1024;

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
    const socket: net.Socket = net.connect({
      ...(options as net.NetConnectOpts),
      onread: {
        buffer: this.#buffer,
        callback: (length, buffer) => {
          // Where connections have a buffer of their own, Node's HTTP client is told nothing otherwise.
          socket.emit("data", buffer.subarray(0, length));
          return true;
        },
      },
    });
    return socket;
  }
}
