import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createSecureServer } from "node:https";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { linuxAmd64, parseReference, sha256 } from "@strake/oci";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HttpClient } from "./http/request.ts";
import { Registry } from "./registry.ts";
import { parseRegistrySettings } from "./registry-settings.ts";
import { type RegistryServer, sampleImage, startRegistryServer } from "./server/server.ts";

const image = sampleImage([Buffer.from("a layer")]);
const quick = { retry: { tries: 2, delay: 5 } };

let folder: string;
let server: RegistryServer;
let pair: { key: string; cert: string };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "registry-tls-"));
  pair = makeCertificate(folder);
  server = await startRegistryServer({ tls: pair });
  await server.put("app", "1", image);
});

afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

describe("a registry with a certificate of one's own authority", () => {
  test("is read when the settings name the authority, relative to their file", async () => {
    const settings = parseRegistrySettings(`${server.address}:\n  ca: ca.pem`, join(folder, "registries.yaml"));
    const registry = new Registry({ ...quick, settings });
    const found = await registry.get(parseReference(`${server.address}/app:1`), linuxAmd64);
    expect(sha256(await found.rawManifest())).toBe(sha256(await image.rawManifest()));
    registry.close();
  });

  test("is an error with the way out when they do not, and is never asked in plain http", async () => {
    const before = server.requests.length;
    const registry = new Registry(quick);
    await expect(registry.get(parseReference(`${server.address}/app:1`), linuxAmd64)).rejects.toMatchObject({
      code: "untrusted-certificate",
      message: expect.stringContaining(`GET https://${server.address}/v2/app/manifests/1: `),
      hint: expect.stringContaining("ca"),
    });
    expect(server.requests).toHaveLength(before);
    registry.close();
  });

  test("is not trusted under another name", async () => {
    const other = server.address.replace("127.0.0.1", "127.0.0.2");
    const listening = await canListen("127.0.0.2");
    if (!listening) return console.log("skipped: this machine has no 127.0.0.2");
    const settings = parseRegistrySettings(
      `r.example:\n  ca: ca.pem\n  mirrors: ['https://localhost:${server.address.split(":")[1]}']\n${other}: {}`,
      join(folder, "registries.yaml"),
    );
    const registry = new Registry({ ...quick, settings });
    await expect(registry.get(parseReference("r.example/app:1"), linuxAmd64)).rejects.toThrow(
      /its mirror before: GET https:\/\/localhost:\d+\/v2\/app\/manifests\/1: ERR_TLS_CERT_ALTNAME_INVALID/,
    );
    registry.close();
  });

  test("is an error when the authority's file is not there", async () => {
    const settings = parseRegistrySettings(`${server.address}:\n  ca: none.pem`, join(folder, "registries.yaml"));
    const registry = new Registry({ ...quick, settings });
    await expect(registry.get(parseReference(`${server.address}/app:1`), linuxAmd64)).rejects.toMatchObject({
      code: "invalid-settings",
      message: expect.stringContaining("none.pem"),
    });
  });
});

describe("a registry that wants to know by TLS who asks", () => {
  let shy: RegistryServer;
  beforeAll(async () => {
    shy = await startRegistryServer({ tls: { ...pair, ca: readFileSync(join(folder, "ca.pem"), "utf8") } });
    await shy.put("app", "1", image);
  });
  afterAll(() => shy.close());
  const opened = (text: string) =>
    new Registry({ ...quick, settings: parseRegistrySettings(text, join(folder, "registries.yaml")) });
  const found = (registry: Registry) => registry.get(parseReference(`${shy.address}/app:1`), linuxAmd64);

  test("is shown the certificate that the settings name", async () => {
    const registry = opened(`${shy.address}:\n  ca: ca.pem\n  cert: server.pem\n  key: server.key`);
    expect(sha256(await (await found(registry)).rawManifest())).toBe(sha256(await image.rawManifest()));
    registry.close();
  });

  test("tells nothing to others", async () => {
    const registry = opened(`${shy.address}:\n  ca: ca.pem`);
    await expect(found(registry)).rejects.toMatchObject({ name: "RegistryError" });
    expect(shy.requests.filter(({ path }) => path.endsWith("/manifests/1"))).toHaveLength(1);
    registry.close();
  });

  test("is not asked with files that are no certificate and its key", async () => {
    const registry = opened(`${shy.address}:\n  ca: ca.pem\n  cert: server.pem\n  key: ca.key`);
    await expect(found(registry)).rejects.toMatchObject({
      code: "invalid-settings",
      message: expect.stringMatching(/server\.pem and .*ca\.key are no certificate and its key/),
    });
  });

  test("is the only one that is shown the certificate, also where it sends to another host", async () => {
    const shown: boolean[] = [];
    const other = createSecureServer({ ...pair, requestCert: true, rejectUnauthorized: false }, (request, response) => {
      shown.push(Object.keys((request.socket as TLSSocket).getPeerCertificate() ?? {}).length > 0);
      response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const client = { hostname: "localhost", ...pair };
    const ca = readFileSync(join(folder, "ca.pem"), "utf8");
    const address = `https://127.0.0.1:${(other.address() as AddressInfo).port}/`;
    for (const hostname of ["localhost", "127.0.0.1"]) {
      const http = new HttpClient({ ca, client: { ...client, hostname } });
      (await http.request({ method: "GET", url: new URL(address) })).discard();
      http.close();
    }
    expect(shown).toEqual([false, true]);
    await new Promise((resolve) => other.close(resolve));
  });
});

/** Makes an authority and, signed by it, a certificate for 127.0.0.1. */
function makeCertificate(at: string): { key: string; cert: string } {
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: at, stdio: "ignore" });
  const keyOptions = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl(
    "req",
    "-x509",
    ...keyOptions,
    "-keyout",
    "ca.key",
    "-out",
    "ca.pem",
    "-days",
    "2",
    "-subj",
    "/CN=test authority",
  );
  openssl("req", ...keyOptions, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=127.0.0.1");
  writeFileSync(join(at, "names"), "subjectAltName=IP:127.0.0.1\n");
  const signing = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names", "-days", "2"];
  openssl("x509", "-req", "-in", "server.csr", "-out", "server.pem", ...signing);
  return { key: readFileSync(join(at, "server.key"), "utf8"), cert: readFileSync(join(at, "server.pem"), "utf8") };
}

function canListen(host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(0, host, () => probe.close(() => resolve(true)));
  });
}
