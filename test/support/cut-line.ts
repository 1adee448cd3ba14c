import type { AddressInfo } from "node:net";
import { connect, createServer, type Socket } from "node:net";

/** A way to a server on this machine, which breaks on purpose. */
export interface CutLine {
  /** `127.0.0.1:PORT`, which leads to the server. */
  readonly address: string;
  /** How many bytes have come and gone so far, in both directions, over all connections. */
  readonly moved: () => number;
  /** How often the line has broken. */
  readonly cuts: () => number;
  /** Breaks every connection once so many more bytes have moved; what comes after passes. */
  cutAfter(bytes: number): void;
  /** Breaks once so many more bytes have moved, and lets nobody through afterwards. */
  breakAfter(bytes: number): void;
  /** Lets everybody through again. */
  mend(): void;
  close(): Promise<void>;
}

/** Lays a line to a server on loopback, below HTTP, so that it can break in the middle of any request or answer. */
export async function cutLine(port: number): Promise<CutLine> {
  const open = new Set<Socket>();
  let moved = 0;
  let cuts = 0;
  let left = Number.POSITIVE_INFINITY;
  let cutting = false;
  let lasting = false;
  let broken = false;
  const cut = () => {
    left = Number.POSITIVE_INFINITY;
    cutting = false;
    broken = lasting;
    cuts += 1;
    for (const socket of open) socket.resetAndDestroy();
  };
  const pass = (from: Socket, to: Socket) => {
    from.on("data", (chunk: Buffer) => {
      if (from.destroyed || cutting) return;
      const part = chunk.subarray(0, Math.min(chunk.length, left));
      moved += part.length;
      left -= part.length;
      if (left > 0) {
        if (!to.write(part)) {
          from.pause();
          to.once("drain", () => from.resume());
        }
      } else {
        cutting = true;
        // The last bytes before the cut do arrive: the other side has seen them and cannot tell anybody.
        to.write(part, cut);
      }
    });
    from.on("end", () => to.end());
    from.on("error", () => to.destroy());
    from.on("close", () => {
      open.delete(from);
      to.destroy();
    });
  };
  const server = createServer((near) => {
    near.on("error", () => near.destroy());
    if (broken) return near.resetAndDestroy();
    const far = connect(port, "127.0.0.1");
    open.add(near).add(far);
    pass(near, far);
    pass(far, near);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    moved: () => moved,
    cuts: () => cuts,
    cutAfter: (bytes) => {
      left = bytes;
    },
    breakAfter: (bytes) => {
      left = bytes;
      lasting = true;
    },
    mend: () => {
      left = Number.POSITIVE_INFINITY;
      lasting = false;
      broken = false;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}
