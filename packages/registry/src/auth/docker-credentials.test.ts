import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { DockerCredentials } from "./docker-credentials.ts";

const root = mkdtempSync(join(tmpdir(), "strake-logins-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let file: string;
let logins: DockerCredentials;
beforeEach(() => {
  file = join(mkdtempSync(join(root, "config-")), "config.json");
  logins = new DockerCredentials(file);
});

const auth = (text: string) => Buffer.from(text).toString("base64");

describe("the logins that Docker keeps", () => {
  it("are found by host, also under the names of older versions, and Docker Hub's under its own", async () => {
    const auths = {
      "https://index.docker.io/v1/": { auth: auth("me:hub") },
      "r.example:5000": { auth: auth("you:with:colons") },
      "https://old.example/v1/": { auth: auth("old:p") },
      "token.example": { identitytoken: "long" },
      "empty.example": {},
    };
    writeFileSync(file, JSON.stringify({ auths }));
    expect(await logins.get("docker.io")).toEqual({ username: "me", password: "hub" });
    expect(await logins.get("r.example:5000")).toEqual({ username: "you", password: "with:colons" });
    expect(await logins.get("old.example")).toEqual({ username: "old", password: "p" });
    expect(await logins.get("token.example")).toEqual({ identityToken: "long" });
    expect(await logins.get("empty.example")).toBeUndefined();
    expect(await logins.get("r.example")).toBeUndefined();
  });

  it("are kept and removed without touching what else is in the file", async () => {
    writeFileSync(file, JSON.stringify({ HttpHeaders: { A: "b" }, auths: { "x.example": { auth: auth("x:y") } } }), {
      mode: 0o600,
    });
    await logins.set("docker.io", { username: "me", password: "päss" });
    expect(await logins.get("docker.io")).toEqual({ username: "me", password: "päss" });
    expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({
      HttpHeaders: { A: "b" },
      auths: { "x.example": { auth: auth("x:y") }, "https://index.docker.io/v1/": { auth: auth("me:päss") } },
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await logins.remove("docker.io")).toBe(true);
    expect(await logins.remove("docker.io")).toBe(false);
    expect(await logins.get("x.example")).toEqual({ username: "x", password: "y" });
  });

  it("make a new file that only its owner can read", async () => {
    await logins.set("r.example", { username: "a", password: "b" });
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("are refused with no word of their content when the file makes no sense", async () => {
    writeFileSync(file, '{"auths": {"r.example": {"auth": "c2VjcmV0"');
    await expect(logins.get("r.example")).rejects.toThrow(/is no file of Docker's/);
    await expect(logins.get("r.example")).rejects.not.toThrow(/c2VjcmV0/);
  });

  it("come from the programs that the file names", async () => {
    const bin = mkdtempSync(join(root, "bin-"));
    const kept = join(bin, "kept");
    const script = `#!/bin/sh
case $1 in
  get) read name; [ "$name" = r.example ] && cat ${kept} 2>/dev/null || { echo "credentials not found in native keychain"; exit 1; };;
  store) cat > ${kept};;
  erase) rm ${kept};;
esac
`;
    writeFileSync(join(bin, "docker-credential-test"), script);
    chmodSync(join(bin, "docker-credential-test"), 0o755);
    process.env.PATH = `${bin}${delimiter}${process.env.PATH}`;
    writeFileSync(file, JSON.stringify({ credHelpers: { "r.example": "test" } }));
    expect(await logins.get("r.example")).toBeUndefined();
    await logins.set("r.example", { username: "a", password: "hidden" });
    expect(await logins.get("r.example")).toEqual({ username: "a", password: "hidden" });
    expect(readFileSync(file, "utf8")).not.toContain("hidden");
    expect(await logins.get("other.example")).toBeUndefined();
    expect(await logins.remove("r.example")).toBe(true);
    expect(await logins.get("r.example")).toBeUndefined();
  });

  it("name the program that is missing", async () => {
    writeFileSync(file, JSON.stringify({ credsStore: "nowhere" }));
    await expect(logins.get("r.example")).rejects.toThrow(/docker-credential-nowhere/);
  });
});
