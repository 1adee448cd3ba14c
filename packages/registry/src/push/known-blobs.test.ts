import { type Digest, type Image, parseReference, sha256 } from "@strake/oci";
import { afterEach, beforeEach, expect, it } from "vitest";
import { RegistryClient } from "../client.ts";
import { pushTree } from "../copy/push-tree.ts";
import { registrySource } from "../copy/registry-source.ts";
import { sampleImage } from "../server/sample-image.ts";
import { type RegistryServer, startRegistryServer } from "../server/server.ts";
import type { KnownBlobs } from "./known-blobs.ts";
import type { WatchBlobs } from "./watch-blobs.ts";

let server: RegistryServer;
let client: RegistryClient;
let known: KnownBlobs;
let remembered: Map<string, Set<Digest>>;

beforeEach(async () => {
  server = await startRegistryServer({ wholePosts: false });
  client = new RegistryClient(server.address, { retry: { delay: 1 } });
  remembered = new Map();
  known = {
    knows: (repository) => remembered.has(repository),
    has: (repository, digest) => remembered.get(repository)?.has(digest) ?? false,
    places: (digest) => [...remembered].filter(([, digests]) => digests.has(digest)).map(([name]) => name),
    note: (repository, digests) => {
      remembered.set(repository, new Set([...(remembered.get(repository) ?? []), ...digests]));
    },
    forget: (repository) => void remembered.delete(repository),
  };
});
afterEach(async () => {
  client.close();
  await server.close();
});

/** Ten layers, of which one is small. */
const layers = Array.from({ length: 9 }, (_, at) => Buffer.alloc(100_000, `layer ${at}`));
const image = (text: string) => sampleImage([...layers, Buffer.from(text)]);
const push = (each: Image, name: string) =>
  client.pusher([], known).push([each], parseReference(`${server.address}/${name}`));
const asked = (since: number) => server.requests.slice(since).map(({ method, on }) => `${method} ${on}`);

it("makes a push of one changed small layer three requests, besides the two that send the layer", async () => {
  await push(image("one"), "app:1");
  const before = server.requests.length;
  await push(image("two"), "app:1");
  const sent = ["POST upload", "POST upload", "PUT upload", "PUT upload", "PUT manifest"];
  expect(asked(before).sort()).toEqual(sent.sort());
  const again = server.requests.length;
  expect((await push(image("two"), "app:1")).unchanged).toBe(true);
  expect(asked(again)).toEqual(["HEAD manifest"]);
});

it("remembers what it found where it pushed nothing", async () => {
  await server.put("app", "1", image("one"));
  expect((await push(image("one"), "app:1")).unchanged).toBe(true);
  const before = server.requests.length;
  await push(image("two"), "app:2");
  expect(asked(before)).toHaveLength(5);
});

it("has another repository take over what it knows one of the registry has", async () => {
  await push(image("one"), "app:1");
  const before = server.requests.length;
  await push(image("one"), "other:1");
  expect(asked(before).filter((each) => each === "PUT upload")).toEqual([]);
  expect(server.requests.slice(before).filter(({ path }) => path.includes("mount="))).toHaveLength(11);
});

it("brings everything where the registry has lost what it had", async () => {
  const lost = image("one");
  known.note(
    "app",
    (await lost.manifest()).layers.map(({ digest }) => digest),
  );
  known.note("app", [(await lost.manifest()).config.digest]);
  const { digest } = await push(lost, "app:1");
  expect(digest).toBe(sha256(await lost.rawManifest()));
  expect((await client.getManifest(parseReference(`${server.address}/app:1`))).digest).toBe(digest);
  // It is refused once, and what was believed of it is asked for then.
  expect(asked(0).filter((each) => each === "PUT manifest")).toHaveLength(2);
  expect(known.has("app", (await lost.manifest()).config.digest)).toBe(true);
});

it("brings several images at once where the registry has lost what it had", async () => {
  const all = ["one", "two", "three", "four"].map(image);
  for (const each of all)
    known.note(
      "app",
      (await each.manifest()).layers.map(({ digest }) => digest),
    );
  const pusher = client.pusher([], known);
  await Promise.all(all.map((each, at) => pusher.push([each], parseReference(`${server.address}/app:${at}`))));
  for (const [at, each] of all.entries()) {
    const { digest } = await client.getManifest(parseReference(`${server.address}/app:${at}`));
    expect(digest).toBe(sha256(await each.rawManifest()));
  }
});

it("brings a copy again too, and tells what came of each blob", async () => {
  const from = await startRegistryServer();
  const source = new RegistryClient(from.address);
  const lost = image("one");
  await from.put("app", "1", lost);
  known.note(
    "copy",
    (await lost.manifest()).layers.map(({ digest }) => digest),
  );
  const told: string[] = [];
  const target = parseReference(`${server.address}/copy:1`);
  const reading = registrySource(source, parseReference(`${from.address}/app:1`));
  const watch: WatchBlobs = ({ digest = "" }) => ({ moved() {}, ended: (how) => told.push(`${digest} ${how}`) });
  await pushTree(client.pusher([], known), reading, target, { watch });
  expect((await client.getManifest(target)).digest).toBe(sha256(await lost.rawManifest()));
  // What was taken for being there is told of again, as sent; the config was sent before.
  expect(told.filter((each) => each.endsWith(" there"))).toHaveLength(11);
  expect(told.filter((each) => each.endsWith(" sent"))).toHaveLength(11);
  source.close();
  await from.close();
});

it("gives up where the registry refuses again", async () => {
  await push(image("one"), "app:1");
  const before = server.requests.length;
  server.fail({ fault: { kind: "answer", status: 400, body: "{}" }, method: "PUT", on: "manifest" });
  await expect(push(sampleImage([...layers, Buffer.from("new")]), "app:2")).rejects.toMatchObject({ status: 400 });
  // The base's layers were believed to be there, so they were asked for once more.
  expect(asked(before).filter((each) => each === "PUT manifest")).toHaveLength(2);
});
