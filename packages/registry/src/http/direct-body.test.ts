import { randomBytes } from "node:crypto";
import { EventEmitter, once } from "node:events";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { giveBackChunk, takeChunkBuffer } from "@strake/oci";
import { afterEach, describe, expect, test } from "vitest";
import { PlainAgent, takeOverBody } from "./plain-agent.ts";

const mebibyte = 1024 * 1024;
const body = randomBytes(5 * mebibyte + 12_345);

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

describe("a body that a connection writes into chunks", () => {
  test("comes whole, in full chunks, while others come over other connections", async () => {
    const bodies = Array.from({ length: 6 }, () => randomBytes(7 * mebibyte - 3));
    const { port } = await serve((request, response) =>
      send(response, bodies[Number(request.url?.slice(1))] as Buffer),
    );
    const agent = newAgent();
    const read = async (at: number) => {
      const found: Buffer[] = [];
      const lengths: number[] = [];
      for await (const chunk of await direct(agent, port, `/${at}`)) {
        found.push(Buffer.from(chunk));
        lengths.push(chunk.length);
        giveBackChunk(chunk);
        if (at % 2 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      return { bytes: Buffer.concat(found), lengths };
    };
    const all = await Promise.all(bodies.map((_, at) => read(at)));
    for (const [at, { bytes, lengths }] of all.entries()) {
      expect(bytes.equals(bodies[at] as Buffer)).toBe(true);
      expect(Math.max(...lengths)).toBe(mebibyte);
    }
  });

  test("is handed out on a slow line before a chunk is full, and what was handed out does not change", async () => {
    const gate = new EventEmitter();
    const opened = once(gate, "open");
    const { port } = await serve(async (_, response) => {
      response.writeHead(200, { "content-length": body.length });
      response.write(body.subarray(0, 1000));
      await opened;
      response.end(body.subarray(1000));
    });
    const chunks: Uint8Array[] = [];
    for await (const chunk of await direct(newAgent(), port, "/")) {
      chunks.push(chunk);
      // Given back, it could be written again by others as soon as nothing more is written into the chunk.
      if (chunks.length === 1) giveBackChunk(chunk);
      gate.emit("open");
      expect(takeChunkBuffer().buffer).not.toBe((chunks[0] as Uint8Array).buffer);
    }
    expect(chunks[0]?.length).toBe(1000);
    expect(Buffer.concat(chunks).equals(body)).toBe(true);
  });

  test("comes in front of the error where it is cut", async () => {
    const { port } = await serve((_, response) => {
      response.writeHead(200, { "content-length": body.length });
      response.write(body.subarray(0, 2 * mebibyte + 77), () => response.destroy());
    });
    const found: Uint8Array[] = [];
    const reading = async () => {
      for await (const chunk of await direct(newAgent(), port, "/")) found.push(chunk);
    };
    await expect(reading()).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(Buffer.concat(found).equals(body.subarray(0, 2 * mebibyte + 77))).toBe(true);
  });

  test("ends with an error where it was cut before anybody read it", async () => {
    const { port } = await serve((_, response) => {
      response.writeHead(200, { "content-length": body.length });
      response.write(body.subarray(0, 10), () => response.destroy());
    });
    const incoming = await answer(newAgent(), port, "/");
    incoming.on("error", () => {});
    await new Promise((resolve) => incoming.once("close", resolve));
    const reading = async () => {
      for await (const _ of takeOverBody(incoming, 10_000)?.read() ?? []);
    };
    await expect(reading()).rejects.toMatchObject({ code: "ECONNRESET" });
  });

  test("ends with an error where nothing comes any more", async () => {
    const { port } = await serve((_, response) => {
      response.writeHead(200, { "content-length": body.length });
      response.write(body.subarray(0, 10));
    });
    const reading = async () => {
      for await (const _ of await direct(newAgent(), port, "/", 300));
    };
    await expect(reading()).rejects.toThrow("nothing received for 0.3 s");
  });

  test("waits for a reader that does not read, and closes the connection of one who leaves", async () => {
    const size = 64 * mebibyte;
    let taken = false;
    const server = new EventEmitter();
    const closed = once(server, "closed");
    const { port } = await serve((_, response) => {
      response.writeHead(200, { "content-length": size });
      response.once("close", () => server.emit("closed"));
      response.write(Buffer.alloc(size - 1), () => {
        taken = true;
      });
    });
    for await (const _ of await direct(newAgent(), port, "/")) {
      for (let turn = 0; turn < 500; turn++) await new Promise((resolve) => setImmediate(resolve));
      expect(taken).toBe(false);
      break;
    }
    await closed;
  });

  test("is one of which most is still to come; others leave the connection for the next", async () => {
    const { port, connections } = await serve((_, response) => send(response, body.subarray(0, mebibyte / 2)));
    const agent = newAgent();
    for (let time = 0; time < 3; time++) {
      const incoming = await answer(agent, port, "/");
      expect(takeOverBody(incoming, 10_000)).toBeUndefined();
      const found: Buffer[] = [];
      for await (const chunk of incoming) found.push(chunk as Buffer);
      expect(Buffer.concat(found).equals(body.subarray(0, mebibyte / 2))).toBe(true);
    }
    expect(connections()).toBe(1);
  });
});

function newAgent(): PlainAgent {
  const agent = new PlainAgent({ keepAlive: true });
  open.push(() => agent.destroy());
  return agent;
}

function send(response: http.ServerResponse, bytes: Uint8Array): void {
  response.writeHead(200, { "content-length": bytes.length });
  response.end(bytes);
}

async function serve(handle: http.RequestListener): Promise<{ port: number; connections: () => number }> {
  let connections = 0;
  const server = http.createServer(handle).on("connection", () => connections++);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  open.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, connections: () => connections };
}

function answer(agent: http.Agent, port: number, path: string): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    http.get({ agent, host: "127.0.0.1", port, path }, resolve).once("error", reject);
  });
}

async function direct(agent: http.Agent, port: number, path: string, idleTimeout = 10_000) {
  const found = takeOverBody(await answer(agent, port, path), idleTimeout);
  expect(found).toBeDefined();
  return (found as NonNullable<typeof found>).read();
}
