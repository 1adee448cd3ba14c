import { linuxAmd64, type Platform, parseReference, printPlatform } from "@strake/oci";
import { Registry } from "@strake/registry";
import { type FaultRule, type RegistryServer, sampleImage, startRegistryServer } from "@strake/registry/server";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { failedBuild } from "./failed-build.ts";

const other: Platform = { os: "linux", architecture: "s390x" };
let server: RegistryServer;

beforeEach(async () => {
  server = await startRegistryServer();
  await server.put("team/base", "1", sampleImage([Buffer.alloc(10240)]));
  await server.put("team/base", "other", sampleImage([Buffer.alloc(10240)], other));
});

afterEach(() => server.close());

const on = (name: string) => ({
  "build.ts": `import { image } from "strake";
export const app = image().from("${server.address}/${name}")
  .write("/file", "x", { chown: "app" });\n`,
});

describe("a build on an image of a registry", () => {
  it.each<[string, FaultRule["fault"], RegExp]>([
    ["401", { kind: "unauthorized", realm: false }, /401|authori[sz]|log in|credentials/i],
    ["429", { kind: "too-many-requests", retryAfter: "0" }, /429|too many/i],
    ["500", { kind: "server-error" }, /something went wrong/],
    [
      "no manifest",
      { kind: "answer", status: 200, body: "<html>", headers: { "content-type": "text/html" } },
      /manifest|JSON/i,
    ],
  ])("says at the line of the base that the registry answers %s", async (_, fault, words) => {
    server.fail({ fault, on: "manifest" });
    const message = await failedBuild(on("team/base:1"));
    expect(message).toMatch(/^build\.ts:2:\d+ {2}/);
    expect(message).toMatch(words);
    expect(message).toContain(server.address);
  });

  it("says at the line that there is no such image", async () => {
    expect(await failedBuild(on("team/none:1"))).toMatch(/^build\.ts:2:\d+ {2}.*team\/none:1/);
  });

  it("says at the line that the digest does not match", async () => {
    const digest = `sha256:${"0".repeat(64)}`;
    server.fail({ fault: { kind: "instead", reference: "other" }, on: "manifest" });
    const message = await failedBuild(on(`team/base@${digest}`));
    expect(message).toMatch(/^build\.ts:2:\d+ {2}/);
    expect(message).toContain(digest);
  });

  it("says at the line that the image is for another platform", async () => {
    const message = await failedBuild(on("team/base:other"));
    expect(message).toMatch(/^build\.ts:2:\d+ {2}/);
    expect(message).toContain(printPlatform(other));
  });

  it("says that the bytes of a layer are wrong, and keeps none of them", async () => {
    server.fail({ fault: { kind: "wrong-bytes" }, on: "blob", path: /sha256:/ });
    const message = await failedBuild(on("team/base:1"));
    expect(message).toContain("sha256:");
  });
});

describe("a registry that does not answer", () => {
  it.each<[string, FaultRule["fault"]]>([
    ["hangs", { kind: "hang" }],
    ["falls silent in the middle", { kind: "stall", afterBytes: 10 }],
  ])("is given up when it %s", async (_, fault) => {
    server.fail({ fault });
    const registry = new Registry({ idleTimeout: 100, retry: { tries: 2, delay: 1 } });
    const asked = registry.get(parseReference(`${server.address}/team/base:1`), linuxAmd64);
    await expect(asked).rejects.toThrow(server.address);
    registry.close();
  });
});
