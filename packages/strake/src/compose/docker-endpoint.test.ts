import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dockerEndpoint } from "./docker-endpoint.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "strake-docker-"));
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const id = (name: string) => createHash("sha256").update(name).digest("hex");
  const context = (name: string, docker: object) =>
    write(`contexts/meta/${id(name)}/meta.json`, JSON.stringify({ Name: name, Endpoints: { docker } }));
  write("config.json", JSON.stringify({ currentContext: "far" }));
  context("far", { Host: "tcp://far" });
  write(`contexts/tls/${id("far")}/docker/ca.pem`, "far's authority");
  context("lax", { Host: "tcp://lax:1", SkipTLSVerify: true });
  context("near", { Host: "unix:///near.sock" });
  write("ca.pem", "own authority");
});
afterAll(() => rmSync(folder, { recursive: true }));

test("the engine is the one of DOCKER_HOST, of DOCKER_CONTEXT, or of the current context, in this order", () => {
  const find = (variables: Record<string, string>) => dockerEndpoint({ DOCKER_CONFIG: folder, ...variables });
  expect(find({})).toMatchObject({ address: "tcp://far:2376", tls: { ca: "far's authority" } });
  expect(find({ DOCKER_CONTEXT: "near" })).toEqual({ address: "unix:///near.sock", source: expect.any(String) });
  expect(find({ DOCKER_CONTEXT: "lax" }).tls).toEqual({ verify: false });
  expect(find({ DOCKER_CONTEXT: "default" }).address).toBe("unix:///var/run/docker.sock");
  expect(find({ DOCKER_CONTEXT: "near", DOCKER_HOST: "host:1" }).address).toBe("tcp://host:1");
  expect(dockerEndpoint({ DOCKER_CONFIG: join(folder, "none") }).address).toBe("unix:///var/run/docker.sock");
});

test("a context that is asked for wins over the environment", () => {
  const variables = { DOCKER_CONFIG: folder, DOCKER_HOST: "unix:///other.sock" };
  expect(dockerEndpoint(variables, "near").address).toBe("unix:///near.sock");
  expect(dockerEndpoint(variables, "default").address).toBe("unix:///other.sock");
  expect(() => dockerEndpoint(variables, "lost")).toThrow(`there is no docker context "lost"`);
});

test("DOCKER_TLS_VERIFY takes certificates of DOCKER_CERT_PATH, and DOCKER_TLS takes anybody's", () => {
  const find = (variables: Record<string, string>) =>
    dockerEndpoint({ DOCKER_CONFIG: folder, DOCKER_HOST: "tcp://host", ...variables });
  expect(find({ DOCKER_TLS_VERIFY: "1" })).toMatchObject({ address: "tcp://host:2376", tls: { ca: "own authority" } });
  expect(find({ DOCKER_TLS: "1" }).tls).toEqual({ verify: false });
  expect(find({}).tls).toBeUndefined();
  expect(() => find({ DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: join(folder, "none") })).toThrow("ca.pem");
});
