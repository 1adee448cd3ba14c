import { type Digest, mediaType, parseReference, sha256 } from "@strake/oci";
import { afterEach, describe, expect, it } from "vitest";
import { RegistryClient } from "./client.ts";
import { referrersTag } from "./listing.ts";
import { type RegistryServer, type RegistryServerOptions, sampleImage, startRegistryServer } from "./server/server.ts";

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

const image = sampleImage([Buffer.from("a layer")]);

async function start(options: RegistryServerOptions = {}): Promise<{ server: RegistryServer; client: RegistryClient }> {
  const server = await startRegistryServer(options);
  const client = new RegistryClient(server.address, { retry: { tries: 1 } });
  open.push(server, client);
  return { server, client };
}

/** Puts what a signer or a scanner would put beside the image. */
function refer(server: RegistryServer, subject: Digest, artifactType: string, note = ""): Digest {
  const empty = { mediaType: "application/vnd.oci.empty.v1+json", digest: sha256("{}"), size: 2 };
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaType.ociManifest,
    artifactType,
    config: empty,
    layers: [empty],
    subject: { mediaType: mediaType.ociManifest, digest: subject, size: 1 },
    annotations: { note },
  };
  return server.putManifest("app", undefined, Buffer.from(JSON.stringify(manifest)), mediaType.ociManifest);
}

describe("the tags of a repository", () => {
  it("are told page by page, upper and lower case beside one another", async () => {
    const { server, client } = await start({ pageSize: 2 });
    for (const tag of ["b", "A", "a", "C", "1"]) await server.put("app", tag, image);
    expect(await client.listTags("app")).toEqual(["1", "A", "a", "b", "C"]);
    expect(server.requests.map(({ path }) => path)).toEqual([
      "/v2/app/tags/list",
      "/v2/app/tags/list?n=2&last=A",
      "/v2/app/tags/list?n=2&last=b",
    ]);
  });

  it("are an error where there is no such repository", async () => {
    const { client } = await start();
    await expect(client.listTags("none")).rejects.toMatchObject({ code: "not-found" });
  });
});

describe("the repositories of a registry", () => {
  it("are told page by page", async () => {
    const { server, client } = await start({ pageSize: 2 });
    const names = ["a", "b/c", "d", "e/f/g", "h"];
    for (const name of names) await server.put(name, "1", image);
    expect(await client.listRepositories()).toEqual(names);
    expect(server.requests).toHaveLength(3);
  });

  it("are told to who has a token for the catalog", async () => {
    const { server, client } = await start({ token: {}, pageSize: 1 });
    await server.put("one", "1", image);
    await server.put("two", "1", image);
    // A question about the registry itself comes first, whose token is good for nothing else.
    await client.checkLogin();
    expect(await client.listRepositories()).toEqual(["one", "two"]);
    const asked = server.requests.flatMap(({ on, path }) => (on === "token" ? [decodeURIComponent(path)] : []));
    expect(asked.at(-1)).toContain("scope=registry:catalog:*");
  });

  it("are an error where the registry does not tell them", async () => {
    const { server, client } = await start();
    server.fail({ on: "catalog", fault: { kind: "answer", status: 404 } });
    await expect(client.listRepositories()).rejects.toMatchObject({ code: "not-found" });
  });
});

describe("what refers to an image", () => {
  it("is told by the endpoint, page by page", async () => {
    const { server, client } = await start({ pageSize: 2 });
    const subject = await server.put("app", "1", image);
    const digests = ["1", "2", "3"].map((note) => refer(server, subject, "text/plain", note));
    refer(server, sha256("another"), "text/plain");
    const found = await client.listReferrers("app", subject);
    expect(found.map(({ digest }) => digest).sort()).toEqual([...digests].sort());
    expect(found.map(({ annotations }) => annotations?.note).sort()).toEqual(["1", "2", "3"]);
    expect(server.requests).toHaveLength(2);
  });

  it.each([
    ["where the registry filters", true],
    ["where it does not", false],
  ])("is told of one type alone, %s", async (_, filters) => {
    const { server, client } = await start({ pageSize: 1 });
    const subject = await server.put("app", "1", image);
    const kinds = ["text/a", "text/b", "text/a"];
    const digests = kinds.map((kind, index) => refer(server, subject, kind, String(index)));
    if (!filters) {
      const manifests = digests.map((digest, index) => ({
        mediaType: mediaType.ociManifest,
        digest,
        size: 1,
        artifactType: kinds[index],
      }));
      const body = JSON.stringify({ schemaVersion: 2, mediaType: mediaType.ociIndex, manifests });
      server.fail({ on: "referrers", fault: { kind: "answer", status: 200, body } });
    }
    const found = await client.listReferrers("app", subject, "text/a");
    expect(found.map(({ digest }) => digest).sort()).toEqual([digests[0], digests[2]].sort());
  });

  it("is found under a tag where the registry lacks the endpoint", async () => {
    const { server, client } = await start({ referrers: false });
    const subject = await server.put("app", "1", image);
    const [signature, list] = [refer(server, subject, "text/a"), refer(server, subject, "text/b")];
    const manifests = [
      { mediaType: mediaType.ociManifest, digest: signature, size: 1, artifactType: "text/a" },
      { mediaType: mediaType.ociManifest, digest: list, size: 1, artifactType: "text/b" },
    ];
    const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaType.ociIndex, manifests }));
    server.putManifest("app", referrersTag(subject), index, mediaType.ociIndex);
    expect(await client.listReferrers("app", subject)).toEqual(manifests);
    expect(await client.listReferrers("app", subject, "text/b")).toEqual([manifests[1]]);
  });

  it.each([true, false])("is nothing where nobody has put anything (endpoint: %s)", async (referrers) => {
    const { server, client } = await start({ referrers });
    const subject = await server.put("app", "1", image);
    expect(await client.listReferrers("app", subject)).toEqual([]);
  });

  it("is an error where the registry refuses", async () => {
    const { server, client } = await start();
    server.fail({ on: "referrers", fault: { kind: "answer", status: 403 } });
    await expect(client.listReferrers("app", sha256("x"))).rejects.toMatchObject({ code: "unauthorized" });
    expect(server.requests).toHaveLength(1);
  });

  it("has a tag made of its digest's beginning", () => {
    expect(referrersTag(`sha256:${"a".repeat(64)}`)).toBe(`sha256-${"a".repeat(64)}`);
    expect(referrersTag(`sha512:${"b".repeat(128)}`)).toBe(`sha512-${"b".repeat(64)}`);
  });
});

describe("a list that is none", () => {
  it.each<[string, Record<string, string>, string, RegExp]>([
    ["no JSON", {}, "<html>", /INVALID_TAGS: that is no list of tags/],
    ["other JSON", {}, `{"tags": [1]}`, /INVALID_TAGS/],
    ["a page without an address", { link: '<http://[>; rel="next"' }, `{"tags": []}`, /INVALID_LINK: .*no address/],
    ["pages in a circle", { link: '</v2/app/tags/list>; rel="next"' }, `{"tags": []}`, /INVALID_LINK: .*circles/],
  ])("is refused: %s", async (_, headers, body, message) => {
    const { server, client } = await start();
    server.fail({ on: "tags", fault: { kind: "answer", status: 200, headers, body } });
    await expect(client.listTags("app")).rejects.toMatchObject({
      code: "invalid-response",
      message: expect.stringMatching(message),
    });
  });

  it("is refused as a list of referrers too", async () => {
    const { server, client } = await start();
    server.fail({ on: "referrers", fault: { kind: "answer", status: 200, body: `{"schemaVersion": 1}` } });
    await expect(client.listReferrers("app", sha256("x"))).rejects.toThrow(/INVALID_REFERRERS/);
  });
});

it("removes a manifest where that is allowed", async () => {
  const { server, client } = await start();
  const digest = await server.put("app", "1", image);
  await client.deleteManifest("app", digest);
  expect(await client.listTags("app")).toEqual([]);
  await expect(client.getManifest(parseReference(`${server.address}/app:1`))).rejects.toMatchObject({
    code: "not-found",
  });
  const { client: other } = await start({ deletes: false });
  await expect(other.deleteManifest("app", digest)).rejects.toThrow(/UNSUPPORTED/);
});
