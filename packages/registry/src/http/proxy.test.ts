import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { startRegistryServer } from "../server/server.ts";
import { chooseProxy } from "./proxy.ts";
import { HttpClient } from "./request.ts";

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

describe("chooseProxy", () => {
  test.each([
    ["http://r.example/", { http: "http://p:1" }, "http://p:1/"],
    ["https://r.example/", { http: "http://p:1" }, undefined],
    ["https://r.example/", { https: "p:1" }, "http://p:1/"],
    ["http://127.0.0.1:5000/", { http: "http://p:1" }, undefined],
    ["http://localhost/", { http: "http://p:1" }, undefined],
    ["http://[::1]/", { http: "http://p:1" }, undefined],
    ["http://r.example/", { http: "http://p:1", no: "r.example" }, undefined],
    ["http://a.r.example/", { http: "http://p:1", no: "other, r.example" }, undefined],
    ["http://r.example/", { http: "http://p:1", no: ".r.example" }, "http://p:1/"],
    ["http://a.r.example/", { http: "http://p:1", no: "*.r.example" }, undefined],
    ["http://ar.example/", { http: "http://p:1", no: "r.example" }, "http://p:1/"],
    ["http://r.example:81/", { http: "http://p:1", no: "r.example:80" }, "http://p:1/"],
    ["http://r.example/", { http: "http://p:1", no: "r.example:80" }, undefined],
    ["http://10.1.2.3/", { http: "http://p:1", no: "10.0.0.0/8" }, undefined],
    ["http://11.1.2.3/", { http: "http://p:1", no: "10.0.0.0/8" }, "http://p:1/"],
    ["http://[fd00::1]/", { http: "http://p:1", no: "fd00::/8" }, undefined],
    ["http://[fd00::1]/", { http: "http://p:1", no: "fd00::1" }, undefined],
    ["http://r.example/", { http: "http://p:1", no: "*" }, undefined],
    ["http://r.example/", { http: "" }, undefined],
  ])("%s with %j goes through %j", (url, settings, expected) => {
    expect(chooseProxy(new URL(url), settings)?.href).toBe(expected);
  });

  test("an address that is none is an error without its password", () => {
    const choose = () => chooseProxy(new URL("http://r.example"), { http: "socks5://me:secret@p" });
    expect(choose).toThrow(/not an http or https address/);
    expect(choose).not.toThrow(/secret/);
  });
});

describe("a request through a proxy", () => {
  test("plain http is asked of the proxy by its whole address", async () => {
    const asked: (string | undefined)[] = [];
    const address = await listen(
      createServer((request, response) => {
        asked.push(request.url, request.headers.host, request.headers["proxy-authorization"]);
        response.end("through");
      }),
    );
    const response = await client({ http: `http://me:secret@${address}` }).request({
      method: "GET",
      url: new URL("http://registry.invalid/v2/?n=1"),
    });
    expect(await text(response.body)).toBe("through");
    const user = `Basic ${Buffer.from("me:secret").toString("base64")}`;
    expect(asked).toEqual(["http://registry.invalid/v2/?n=1", "registry.invalid", user]);
  });

  test("https is asked through a tunnel, and a tunnel to something else is found out", async () => {
    const registry = await startRegistryServer();
    open.push(registry.close);
    const tunnels: (string | undefined)[] = [];
    const proxy = createServer();
    proxy.on("connect", (request, socket) => {
      tunnels.push(request.url);
      const [host = "", port] = registry.address.split(":");
      const onward = connect(Number(port), host, () => {
        socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
        socket.pipe(onward).pipe(socket);
      });
      socket.on("error", () => onward.destroy());
      onward.on("error", () => socket.destroy());
    });
    const address = await listen(proxy);
    const request = { method: "GET", url: new URL("https://registry.invalid/v2/") } as const;
    await expect(client({ https: `http://${address}` }).request(request)).rejects.toMatchObject({
      code: "unreachable",
    });
    expect(tunnels).toEqual(["registry.invalid:443"]);
  });

  test("a proxy that refuses is an error that says so", async () => {
    const proxy = createServer();
    proxy.on("connect", (_, socket) => socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"));
    const address = await listen(proxy);
    const request = { method: "GET", url: new URL("https://registry.invalid/v2/") } as const;
    await expect(client({ https: `http://${address}` }).request(request)).rejects.toThrow(
      "EPROXY: the proxy refuses: 407 Proxy Authentication Required",
    );
  });
});

function client(proxy: { http?: string; https?: string }): HttpClient {
  const made = new HttpClient({ proxy });
  open.push(() => made.close());
  return made;
}

async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  open.push(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function text(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
