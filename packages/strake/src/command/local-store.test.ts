import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { Store } from "@strake/engine";
import { linuxAmd64, parseReference } from "@strake/oci";
import { afterAll, beforeAll, expect, test } from "vitest";
import { showHistory } from "./history.ts";
import { listImages } from "./images.ts";
import { importImage } from "./import.ts";
import { inspectImages } from "./inspect.ts";
import type { HistoryRequest, ImagesRequest, ImportRequest } from "./request.ts";
import { removeImages } from "./rmi.ts";
import { tagImage } from "./tag.ts";

let root: string;
let store: Store;
let id: string;
const day = 86_400_000;

const request: ImportRequest = {
  file: "",
  reference: "acme/app:1",
  changes: ["ENV A=1", 'CMD ["/hello"]', "LABEL team=x"],
  message: "from a test",
  epoch: day / 1000,
};

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "strake-store-"));
  mkdirSync(join(root, "files"));
  writeFileSync(join(root, "files/hello"), "hello");
  const made = spawnSync("tar", ["-C", join(root, "files"), "-czf", join(root, "rootfs.tgz"), "."]);
  expect(made.status).toBe(0);
  store = new Store(join(root, "store"));
  id = await run({ ...request, file: join(root, "rootfs.tgz") });
});

afterAll(() => rmSync(root, { recursive: true }));

async function run(
  asked: ImportRequest,
  bytes = new Uint8Array(),
  signal = new AbortController().signal,
): Promise<string> {
  const around = { standardInput: Readable.from([bytes]), platform: linuxAmd64, signal };
  return (await importImage(store, asked, around)).trimEnd();
}

const blobs = () => readdirSync(join(root, "store/blobs/sha256"));
const images = (options: Partial<ImagesRequest> = {}) =>
  listImages(store, { quiet: false, digests: false, truncate: true, ...options }, 3 * day);
const history = (options: Partial<HistoryRequest> = {}) =>
  showHistory(store, { image: "acme/app:1", quiet: false, human: true, truncate: true, ...options }, 3 * day);

test("an imported tar is an image with the config that was asked for", async () => {
  const [inspected] = JSON.parse((await inspectImages(store, { images: ["acme/app:1"] })).text);
  expect(inspected).toMatchObject({
    Id: id,
    RepoTags: ["acme/app:1"],
    Comment: "from a test",
    Created: "1970-01-02T00:00:00Z",
    Architecture: "amd64",
    Os: "linux",
    Config: { Env: ["A=1"], Cmd: ["/hello"], Labels: { team: "x" } },
    RootFS: { Type: "layers", Layers: [expect.stringMatching(/^sha256:[0-9a-f]{64}$/)] },
  });
  expect(inspected.RepoDigests).toEqual([`acme/app@${inspected.Descriptor.digest}`]);
});

test("the same tar gives the same image, however it was compressed and whichever way it came", async () => {
  const tar = spawnSync("gzip", ["-dc", join(root, "rootfs.tgz")]).stdout;
  expect(await run({ ...request, file: "-", reference: "acme/other" }, tar)).toBe(id);
  store.images.remove(parseReference("acme/other"));
});

test("what is not a tar leaves the store as it was", async () => {
  const before = blobs();
  await expect(run({ ...request, file: "-" }, Buffer.from("no tar at all"))).rejects.toMatchObject({
    code: "invalid-tar",
  });
  const cut = readFileSync(join(root, "rootfs.tgz")).subarray(0, 60);
  await expect(run({ ...request, file: "-" }, cut)).rejects.toMatchObject({ name: "OciError" });
  await expect(run({ ...request, file: join(root, "none") })).rejects.toMatchObject({ code: "usage" });
  await expect(run({ ...request, file: "-", changes: ["RUN x"] })).rejects.toMatchObject({ code: "usage" });
  await expect(run({ ...request, file: "-" }, Buffer.from("x"), AbortSignal.abort())).rejects.toMatchObject({
    name: "AbortError",
  });
  expect(blobs()).toEqual(before);
});

test("images are listed as docker lists them", async () => {
  expect(await images()).toMatch(
    /^REPOSITORY {3}TAG {7}IMAGE ID {7}CREATED {6}SIZE\nacme\/app {5}1 {9}[0-9a-f]{12} {3}2 days ago {3}\S+B\n$/,
  );
  expect(await images({ quiet: true, truncate: false })).toBe(`${id}\n`);
  expect(await images({ digests: true })).toContain("DIGEST");
  expect(await images({ format: "{{.Repository}}:{{.Tag}} {{.CreatedAt}}" })).toBe(
    "acme/app:1 1970-01-02 00:00:00 +0000 UTC\n",
  );
  expect(await images({ format: "table {{.Tag}}\\t{{.ID}}" })).toMatch(/^TAG {7}IMAGE ID\n1 {9}[0-9a-f]{12}\n$/);
  expect(JSON.parse(await images({ format: "json" }))).toMatchObject({ Repository: "acme/app", Tag: "1" });
});

test("images are found by repository and by tag", async () => {
  expect(await images({ name: "acme/app", quiet: true })).not.toBe("");
  expect(await images({ name: "acme/app:1", quiet: true })).not.toBe("");
  expect(await images({ name: "acme/app:2", quiet: true })).toBe("");
  expect(await images({ name: "app", quiet: true })).toBe("");
});

test("an image is found by name and by the beginning of its id", async () => {
  const format = "{{.Id}}";
  const digits = id.slice("sha256:".length);
  for (const text of ["acme/app:1", "docker.io/acme/app:1", id, digits, digits.slice(0, 8)]) {
    expect(await inspectImages(store, { images: [text], format })).toEqual({ text: `${id}\n`, errors: [] });
  }
  // As docker: what is there is told, whatever else is not.
  const some = await inspectImages(store, { images: ["acme/none", "acme/app:1"], format });
  expect(some).toMatchObject({ text: `${id}\n`, errors: [{ code: "no-such-image" }] });
  expect((await inspectImages(store, { images: ["acme/none"] })).text).toBe("[]\n");
  expect(JSON.parse((await inspectImages(store, { images: [id], format: "json" })).text)).toMatchObject([{ Id: id }]);
  const unset = "{{.Config.User}}{{.Config.Healthcheck}}{{.Config.OnBuild}}{{range .Config.Shell}}x{{end}}";
  expect((await inspectImages(store, { images: [id], format: unset })).text).toBe("<nil>[]\n");
  // What templates may ask for is not said to those who want all of it.
  const config = JSON.parse((await inspectImages(store, { images: [id], format: "{{json .Config}}" })).text);
  expect(Object.keys(config)).not.toContain("StopSignal");
});

test("a template says better than -q what is wanted, and lists of times and digests are docker's", async () => {
  const { digest } = JSON.parse((await inspectImages(store, { images: ["acme/app:1"] })).text)[0].Descriptor;
  expect(await images({ quiet: true, format: "{{.Tag}}" })).toBe("1\n");
  expect(await images({ format: "" })).toBe(await images());
  expect((await inspectImages(store, { images: [id], format: "" })).text).toMatch(/^\[\n/);
  expect(await images({ quiet: true, format: "table" })).toBe(`${id.slice(7, 19)}\n`);
  expect(await images({ digests: true, format: "table {{.Tag}}" })).toMatch(/^TAG +DIGEST\n1 +sha256:[0-9a-f]{64}\n$/);
  expect(await images({ quiet: true, name: `acme/app@${digest}` })).toBe(`${id.slice(7, 19)}\n`);
  expect(await images({ quiet: true, filters: [{ key: "until", value: "2200-01-01" }] })).not.toBe("");
  expect(await images({ quiet: true, filters: [{ key: "until", value: "1969-12-31" }] })).toBe("");
});

test("an image that is imported without a name is listed without one, until it gets one", async () => {
  const { reference: _, ...unnamed } = request;
  const other = await run({ ...unnamed, file: join(root, "rootfs.tgz"), message: "another" });
  expect(other).not.toBe(id);
  expect(await images({ truncate: false })).toMatch(new RegExp(`<none> +<none> +${other} `));
  expect(await images({ filters: [{ key: "dangling", value: "true" }], quiet: true, truncate: false })).toBe(
    `${other}\n`,
  );
  expect((await inspectImages(store, { images: [other.slice(7, 19)], format: "{{.Comment}}" })).text).toBe("another\n");
  tagImage(store, other, "acme/late");
  expect(store.images.list().map(({ name }) => name)).toEqual(["docker.io/acme/app:1", "docker.io/acme/late:latest"]);
  // A name that moves away leaves the image; the last name that is removed takes it along.
  tagImage(store, "acme/app:1", "acme/late");
  expect(store.images.list().map(({ name }) => name)).toContain(undefined);
  expect(removeImages(store, { images: [other], force: false }).text).toBe(`Deleted: ${other}\n`);
  expect(removeImages(store, { images: ["acme/late", "acme/none"], force: false })).toMatchObject({
    text: "Untagged: acme/late:latest\n",
    errors: [{ code: "no-such-image" }],
  });
  // Who forces it wants it gone.
  expect(removeImages(store, { images: ["acme/none"], force: true }).errors).toEqual([]);
});

test("history shows the newest statement first, with its id", async () => {
  expect(await history()).toMatch(/^IMAGE {10}CREATED .*\n[0-9a-f]{12} {3}2 days ago .* from a test\n$/);
  expect(await history({ human: false, format: "{{.CreatedSince}} {{.Size}}" })).toMatch(
    /^1970-01-02T00:00:00Z \d+\n$/,
  );
  expect(await history({ quiet: true, truncate: false })).toBe(`${id}\n`);
});
