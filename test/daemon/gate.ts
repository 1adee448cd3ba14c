import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** A place on loopback at which commands wait until somebody lets them on. */
export interface Gate {
  /** What a command runs to wait; it is a busybox's. */
  readonly command: string;
  /** Lets on all who wait, and whoever comes later. */
  open(): void;
}

/** Makes a gate, which is there until the test has ended. */
export async function makeGate(): Promise<Gate> {
  const waiting: ServerResponse[] = [];
  let isOpen = false;
  const server = createServer((_request, response) => {
    if (isOpen) response.end();
    else waiting.push(response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return {
    command: `/bin/busybox wget -q -O /dev/null http://127.0.0.1:${port}/`,
    open: () => {
      isOpen = true;
      for (const response of waiting.splice(0)) response.end();
    },
  };
}
