import { createHash } from "node:crypto";
import { connect } from "node:net";
import { mediaType, sha256 } from "@strake/oci";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RegistryServer, startRegistryServer } from "./server.ts";

let server: RegistryServer;

beforeAll(async () => {
  server = await startRegistryServer();
});
afterAll(() => server.close());

describe("a request that nobody honest makes", () => {
  it.each([
    ["GET /v2/%zz/tags/list", 404],
    ["GET //", 404],
    ["GET /v2/../../etc/passwd", 404],
    ["GET /v2/a/blobs/../../b", 404],
    ["GET http://[/v2/", 404],
    ["GET *", 404],
    ["BREW /v2/", 400],
    ["POST /v2/", 405],
  ])("%s is answered, and the server goes on", async (line, status) => {
    expect(await statusOf(line)).toBe(status);
    expect((await fetch(`http://${server.address}/v2/`)).status).toBe(200);
  });
});

describe("a manifest", () => {
  const type = { "content-type": mediaType.ociManifest };

  it.each([
    ["no object", "[]"],
    ["of another version", `{"schemaVersion":1}`],
    ["without a config", `{"schemaVersion":2,"layers":[]}`],
    ["with a config that has no digest", `{"schemaVersion":2,"config":{"digest":"x"},"layers":[]}`],
    ["with layers that are no list", `{"schemaVersion":2,"config":{"digest":"${sha256("")}"},"layers":{}}`],
    [
      "that is an index as well",
      `{"schemaVersion":2,"config":{"digest":"${sha256("")}"},"manifests":[{"digest":"${sha256("")}"}]}`,
    ],
  ])("%s is refused", async (_, body) => {
    const response = await fetch(`http://${server.address}/v2/a/manifests/1`, { method: "PUT", headers: type, body });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("MANIFEST_INVALID");
  });

  it("may be known by its SHA-512", async () => {
    const config = "{}";
    const blobs = `http://${server.address}/v2/long/blobs/uploads/?digest=${sha256(config)}`;
    await fetch(blobs, { method: "POST", body: config });
    const body = JSON.stringify({ schemaVersion: 2, config: { digest: sha256(config), size: 2 }, layers: [] });
    const address = `http://${server.address}/v2/long/manifests/sha512:${createHash("sha512").update(body).digest("hex")}`;
    expect((await fetch(address, { method: "PUT", headers: type, body })).status).toBe(201);
    expect(await (await fetch(address)).text()).toBe(body);
  });
});

/** Sends a line as it is, which no client of HTTP would. */
function statusOf(line: string): Promise<number> {
  const [host = "", port = ""] = server.address.split(":");
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), host, () =>
      socket.write(`${line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`),
    );
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk.toString();
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(Number(answer.split(" ")[1])));
  });
}
