import { randomBytes } from "node:crypto";
import { once } from "node:events";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { PlainAgent } from "./plain-agent.ts";

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

describe("connections that read into one buffer", () => {
  test("bring bodies that nothing changes afterwards, however many come at once", async () => {
    const bodies = Array.from({ length: 4 }, () => randomBytes(3 * 1024 * 1024));
    const { port } = await serve((request, response) => response.end(bodies[Number(request.url?.slice(1))]));
    const agent = newAgent();
    const found = await Promise.all(bodies.map((_, at) => get(agent, port, `/${at}`)));
    for (const [at, body] of bodies.entries()) expect(Buffer.concat(found[at] as Buffer[]).equals(body)).toBe(true);
  });

  test("are kept and used again", async () => {
    const { port, connections } = await serve((request, response) => response.end(request.url));
    const agent = newAgent();
    for (const path of ["/one", "/two", "/three"]) {
      expect(Buffer.concat(await get(agent, port, path)).toString()).toBe(path);
    }
    expect(connections()).toBe(1);
  });

  test("wait for a reader that does not read", async () => {
    const size = 64 * 1024 * 1024;
    let sent: Promise<unknown> | undefined;
    let ended = false;
    const { port } = await serve((_, response) => {
      response.writeHead(200, { "content-length": size });
      response.write(Buffer.alloc(size - 1));
      sent = once(response, "drain").then(() => {
        ended = true;
        response.end("x");
      });
    });
    const response = await answer(newAgent(), port, "/");
    // Turns enough for all of it to come, as both sides are in this process.
    for (let turn = 0; turn < 500; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(ended).toBe(false);
    let length = 0;
    for await (const chunk of response) length += (chunk as Buffer).length;
    await sent;
    expect(length).toBe(size);
  });

  test("tell when the other side goes away", async () => {
    const { port } = await serve((_, response) => {
      response.writeHead(200, { "content-length": 100 });
      response.write("not all of it", () => response.destroy());
    });
    await expect(get(newAgent(), port, "/")).rejects.toThrow("aborted");
  });
});

function newAgent(): PlainAgent {
  const agent = new PlainAgent({ keepAlive: true });
  open.push(() => agent.destroy());
  return agent;
}

async function serve(handle: http.RequestListener): Promise<{ port: number; connections: () => number }> {
  let connections = 0;
  const server = http.createServer(handle).on("connection", () => connections++);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  open.push(() => server.close());
  return { port: (server.address() as AddressInfo).port, connections: () => connections };
}

/** `localhost` may be two addresses, of which one is listened at. */
function answer(agent: http.Agent, port: number, path: string): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    http.get({ agent, host: "localhost", port, path }, resolve).once("error", reject);
  });
}

/** The chunks as they came, to see whether any of them changes while others come. */
async function get(agent: http.Agent, port: number, path: string): Promise<Buffer[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of await answer(agent, port, path)) chunks.push(chunk as Buffer);
  return chunks;
}
