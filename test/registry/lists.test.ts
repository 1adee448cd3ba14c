import { readFileSync } from "node:fs";
import { request } from "node:https";
import { linuxAmd64, mediaType, parseReference, sha256 } from "@strake/oci";
import { parseRegistrySettings, Registry, referrersTag } from "@strake/registry";
import { sampleImage } from "@strake/registry/server";
import { afterAll, beforeAll, expect, it } from "vitest";
import { need } from "../support/need.ts";
import { registry } from "../support/registry.ts";

const login = { user: "somebody", password: "a-secret-word" };
const image = sampleImage([Buffer.from("a layer")], linuxAmd64);

need(
  "docker-registry",
  "openssl",
  "python3",
)("lists of a real registry, with a login and a certificate of its own", () => {
  const open: Registry[] = [];
  let address: string;
  let ca: string;

  beforeAll(async () => {
    ({ address, ca } = await registry("lists", { login, tls: true }));
  });
  afterAll(() => {
    for (const one of open) one.close();
  });

  function client(password: string) {
    const settings = parseRegistrySettings(`${address}:\n  ca: ${ca}\n`, "registries.yaml");
    const made = new Registry({ settings, credentials: async () => ({ username: login.user, password }) });
    open.push(made);
    return made.client(address);
  }

  it("tell more repositories and tags than fit on a page", async () => {
    const own = client(login.password);
    // docker-registry tells a hundred at once.
    const names = Array.from({ length: 102 }, (_, number) => `many/app-${String(number).padStart(3, "0")}`);
    await Promise.all(names.map((name) => own.pusher().push([image], parseReference(`${address}/${name}:1`))));
    expect((await own.listRepositories()).filter((name) => name.startsWith("many/"))).toEqual(names);
    for (const tag of ["a", "b"]) await own.pusher().push([image], parseReference(`${address}/tags:${tag}`));
    expect([...(await own.listTags("tags"))].sort()).toEqual(["a", "b"]);
  });

  it("tell what refers to an image by the tag made of its digest", async () => {
    const own = client(login.password);
    const { digest } = await own.pusher().push([image], parseReference(`${address}/signed:1`));
    expect(await own.listReferrers("signed", digest)).toEqual([]);
    const about = { mediaType: mediaType.ociManifest, digest, size: 1, artifactType: "text/x-note" };
    const index = JSON.stringify({ schemaVersion: 2, mediaType: mediaType.ociIndex, manifests: [about] });
    await putIndex(index, `signed/manifests/${referrersTag(digest)}`);
    expect(await own.listReferrers("signed", digest)).toEqual([about]);
    expect(await own.listReferrers("signed", digest, "text/x-other")).toEqual([]);
  });

  it("are told to nobody with a wrong password, which no message repeats", async () => {
    const failures = await Promise.all(
      [
        client("not-the-word").listRepositories(),
        client("not-the-word").listTags("tags"),
        client("not-the-word").listReferrers("signed", sha256("x")),
      ].map((asked) => asked.then(String, (error: { code: string; message: string }) => error)),
    );
    for (const failure of failures) {
      expect(failure).toMatchObject({ code: "unauthorized" });
      expect(JSON.stringify(failure) + String(failure)).not.toContain("not-the-word");
    }
  });

  /** Puts an index as a client for registries without the endpoint does. */
  async function putIndex(body: string, path: string): Promise<void> {
    const headers = { "content-type": mediaType.ociIndex, "content-length": Buffer.byteLength(body) };
    const options = { method: "PUT", headers, ca: readFileSync(ca), auth: `${login.user}:${login.password}` };
    const status = await new Promise((resolve, reject) => {
      const sending = request(`https://${address}/v2/${path}`, options, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sending.on("error", reject);
      sending.end(body);
    });
    expect(status).toBe(201);
  }
});
