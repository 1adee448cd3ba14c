import { randomBytes } from "node:crypto";
import { linuxAmd64, mediaType, parseReference, sha256 } from "@strake/oci";
import { afterEach, beforeEach, expect, it } from "vitest";
import { RegistryClient } from "../client.ts";
import { type RegistryServer, sampleImage, sampleIndex, startRegistryServer } from "../server/server.ts";
import { pushTree } from "./push-tree.ts";
import { registrySource } from "./registry-source.ts";

const linuxArm64 = { os: "linux", architecture: "arm64" };
const amd = sampleImage([randomBytes(400_000), randomBytes(70_000)]);
const arm = sampleImage([randomBytes(400_000)], linuxArm64);

let one: RegistryServer;
let two: RegistryServer;
const open: { close(): unknown }[] = [];

beforeEach(async () => {
  [one, two] = [await startRegistryServer(), await startRegistryServer()];
  open.push(one, two);
  await one.put("app", "amd", amd);
  await one.put("app", "arm", arm);
  const index = await sampleIndex([
    [amd, linuxAmd64],
    [arm, linuxArm64],
  ]);
  one.putManifest("app", "all", index, mediaType.ociIndex);
});

afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

async function copy(from: string, to: string, platform?: typeof linuxArm64) {
  const [source, target] = [parseReference(from), parseReference(to)];
  const clients = [source, target].map(({ registry }) => new RegistryClient(registry, { retry: { delay: 1 } }));
  open.push(...clients);
  const [reader, writer] = clients as [RegistryClient, RegistryClient];
  const how: string[] = [];
  const pushed = await pushTree(writer.pusher(), registrySource(reader, source), target, {
    platform,
    watch: () => ({ moved() {}, ended: (sending) => how.push(sending) }),
  });
  return { ...pushed, how: how.sort() };
}

async function documentAt(name: string) {
  const reference = parseReference(name);
  const client = new RegistryClient(reference.registry);
  open.push(client);
  return client.getManifest(reference);
}

it("copies an index with all its images, byte by byte", async () => {
  const copied = await copy(`${one.address}/app:all`, `${two.address}/team/copy:1`);
  expect(copied.how).toEqual(Array(5).fill("sent"));
  const [there, here] = [await documentAt(`${two.address}/team/copy:1`), await documentAt(`${one.address}/app:all`)];
  expect(there).toEqual(here);
  expect(copied.digest).toBe(here.digest);
  for (const image of [amd, arm]) {
    const digest = sha256(await image.rawManifest());
    expect((await documentAt(`${two.address}/team/copy@${digest}`)).digest).toBe(digest);
  }
});

it("sends nothing where the registry has the image under the name, and only what is lacking elsewhere", async () => {
  await copy(`${one.address}/app:amd`, `${two.address}/copy:1`);
  const before = two.requests.length;
  expect(await copy(`${one.address}/app:amd`, `${two.address}/copy:1`)).toMatchObject({ unchanged: true, how: [] });
  expect(two.requests.slice(before).map(({ method }) => method)).toEqual(["HEAD"]);
  // The image that is there already is neither read nor sent again.
  const read = one.requests.length;
  expect((await copy(`${one.address}/app:all`, `${two.address}/copy:all`)).how).toEqual(["sent", "sent"]);
  const digest = sha256(await amd.rawManifest());
  expect(one.requests.slice(read).some(({ path }) => path.includes(digest))).toBe(false);
});

it("takes the image for one platform", async () => {
  const copied = await copy(`${one.address}/app:all`, `${two.address}/copy:arm`, linuxArm64);
  expect(copied.digest).toBe(sha256(await arm.rawManifest()));
  expect(copied.how).toEqual(["sent", "sent"]);
  await expect(copy(`${one.address}/app:amd`, `${two.address}/copy:x`, linuxArm64)).rejects.toMatchObject({
    code: "no-matching-platform",
  });
});

it("has the registry take over what another of its repositories has", async () => {
  const copied = await copy(`${one.address}/app:all`, `${one.address}/other:1`);
  expect(copied.how).toEqual(Array(5).fill("mounted"));
  expect(one.requests.some(({ method }) => method === "PATCH")).toBe(false);
  expect(one.requests.some(({ method, on }) => method === "GET" && on === "blob")).toBe(false);
});

it("asks for tokens of both places", async () => {
  const guarded = await startRegistryServer({ token: {} });
  open.push(guarded);
  await guarded.put("app", "1", amd);
  await copy(`${guarded.address}/app:1`, `${guarded.address}/deep/er:1`);
  expect(guarded.requests.some(({ method }) => method === "PATCH")).toBe(false);
  await copy(`${one.address}/app:all`, `${guarded.address}/all:1`);
});

it("goes on where either line broke", async () => {
  one.fail({ fault: { kind: "cut", afterBytes: 1000 }, on: "blob", method: "GET", times: 3 });
  two.fail({ fault: { kind: "cut-request", afterBytes: 100 }, method: "PATCH", times: 2 });
  await copy(`${one.address}/app:all`, `${two.address}/copy:1`);
  expect((await documentAt(`${two.address}/copy:1`)).digest).toBe((await documentAt(`${one.address}/app:all`)).digest);
});

it("names nothing where a blob is not what it should be", async () => {
  one.fail({ fault: { kind: "wrong-bytes" }, on: "blob", method: "GET" });
  await expect(copy(`${one.address}/app:amd`, `${two.address}/copy:1`)).rejects.toMatchObject({
    code: "digest-mismatch",
  });
  await expect(documentAt(`${two.address}/copy:1`)).rejects.toMatchObject({ code: "not-found" });
});

it("gives up at once where the source lacks a blob", async () => {
  one.fail({ fault: { kind: "answer", status: 404 }, on: "blob", method: "GET" });
  await expect(copy(`${one.address}/app:arm`, `${two.address}/copy:1`)).rejects.toMatchObject({ code: "not-found" });
  const blobs = 1 + (await arm.layers()).length;
  expect(one.requests.filter(({ method, on }) => method === "GET" && on === "blob").length).toBeLessThanOrEqual(blobs);
});

it("refuses a digest in the name of the copy that is not the image's", async () => {
  const digest = sha256("something else");
  await expect(copy(`${one.address}/app:amd`, `${two.address}/copy@${digest}`)).rejects.toThrow(/has the digest/);
  const own = sha256(await amd.rawManifest());
  expect((await copy(`${one.address}/app:amd`, `${two.address}/copy@${own}`)).digest).toBe(own);
});
