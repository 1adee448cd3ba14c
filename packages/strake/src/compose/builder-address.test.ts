import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseBuilder } from "./builder-address.ts";

const endpoint = (context?: string) => {
  return { address: `unix:///${context ?? "d"}.sock`, source: "a test" };
};

test("a builder is this program, the Docker Engine, or a BuildKit by its address", () => {
  const read = (text: string) => parseBuilder(text, endpoint);
  expect(read("engine")).toEqual({ type: "engine" });
  expect(read("docker")).toEqual({ type: "daemon", address: "unix:///d.sock", daemon: "docker" });
  expect(read("default")).toEqual(read("docker"));
  expect(read("docker+tcp://host")).toEqual({ type: "daemon", address: "tcp://host", daemon: "docker" });
  expect(read("docker-context://far")).toEqual({ type: "daemon", address: "unix:///far.sock", daemon: "docker" });
  expect(() => read("docker-context://")).toThrow("names no context");
  expect(read("unix:///b.sock")).toEqual({ type: "daemon", address: "unix:///b.sock", daemon: "buildkit" });
  expect(read("kube-pod://b?namespace=ci")).toMatchObject({ address: "kube-pod://b?namespace=ci" });
});

test("files of TLS are read, and one that is not there is named", () => {
  const folder = mkdtempSync(join(tmpdir(), "strake-builder-"));
  writeFileSync(join(folder, "ca.pem"), "authority");
  const found = parseBuilder(`tcp://h:1?cacert=${join(folder, "ca.pem")}&servername=b`, endpoint);
  rmSync(folder, { recursive: true });
  expect(found).toMatchObject({ address: "tcp://h:1", tls: { ca: "authority", serverName: "b" } });
  expect(() => parseBuilder("tcp://h:1?key=/none", endpoint)).toThrow("the key of --builder cannot be read");
  expect(() => parseBuilder("tcp://h:1?password=x", endpoint)).toThrow(`no setting "password"`);
});
