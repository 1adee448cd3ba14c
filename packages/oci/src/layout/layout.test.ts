import { execFileSync, spawnSync } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it, onTestFinished } from "vitest";
import { DiskBlobStore } from "../blob-store/disk-blob-store.ts";
import { sha256 } from "../hash.ts";
import type { Image } from "../image.ts";
import { layerFromEntries } from "../layer/layer-from-entries.ts";
import { mediaType } from "../media-type.ts";
import { parsePlatform } from "../platform.ts";
import { parseReference } from "../reference.ts";
import { writeTar } from "../tar/write-tar.ts";
import type { Entry } from "../tree/entry.ts";
import { imageDigest, imageFrom, imageId } from "../view/assemble.ts";
import { verifyImage } from "../view/verify.ts";
import { dockerArchiveStream, dockerLoadStream, writeDockerArchive, writeDockerArchives } from "./docker-archive.ts";
import { findStoredImage } from "./image-file.ts";
import { ociArchiveStream, writeOciArchive } from "./oci-archive.ts";
import { openImageFile } from "./open-image-file.ts";
import { replaceWithCopy } from "./replace-file.ts";
import { verifyLayout } from "./verify-layout.ts";
import { writeOciLayout } from "./write-oci-layout.ts";
import { writeRootfsTar } from "./write-rootfs-tar.ts";

const name = parseReference("example.com/team/app:1.2");

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), "strake-layout-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const owner = { uid: 0, gid: 0, mtime: 1000 };
const directory = (path: string, mode = 0o755): Entry => ({ path, type: "directory", mode, size: 0, ...owner });
const link = (path: string, linkname: string): Entry => ({
  path,
  type: "symlink",
  mode: 0o777,
  size: 0,
  linkname,
  ...owner,
});
const file = (path: string, text: string, mode = 0o644): Entry => ({
  path,
  type: "file",
  mode,
  size: Buffer.byteLength(text),
  content: { from: "bytes", bytes: Buffer.from(text) },
  ...owner,
});

const base = [
  directory("bin"),
  file("bin/tool", "#!/bin/sh\n", 0o755),
  { ...link("bin/alias", "bin/tool"), type: "hardlink" as const },
  directory("etc"),
  file("etc/motd", "hello"),
  file("etc/old", "old"),
  link("lib", "usr/lib"),
];
const top = [
  directory("etc"),
  file("etc/.wh.old", ""),
  file("etc/motd", "hello again"),
  file("big", "x".repeat(3_000_000)),
];

function sample(architecture = "amd64", compression: "none" | "gzip" = "gzip"): Image {
  return imageFrom({
    config: {
      architecture,
      os: "linux",
      created: "1970-01-01T00:00:00Z",
      config: { Env: ["PATH=/bin"], Cmd: ["tool"] },
      history: [{ created_by: "base" }, { created_by: "top" }, { created_by: "top again" }],
    },
    layers: [base, top, top].map((entries) => layerFromEntries(entries, { epoch: 1000, compression })),
  });
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function skopeo(...words: readonly string[]): string {
  return execFileSync("skopeo", ["--insecure-policy", ...words], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}

function missing(...programs: readonly string[]): boolean {
  return programs.some((program) => spawnSync(program, ["--version"]).error !== undefined);
}

/** What a folder holds: paths with types, modes, times and content. */
function listing(folder: string, path = ""): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const child of readdirSync(join(folder, path)).sort()) {
    const at = path === "" ? child : `${path}/${child}`;
    const stats = lstatSync(join(folder, at));
    const mode = (stats.mode & 0o7777).toString(8);
    if (stats.isSymbolicLink()) found[at] = `-> ${readlinkSync(join(folder, at))}`;
    else if (stats.isFile()) found[at] = [mode, stats.mtimeMs / 1000, sha256(readFileSync(join(folder, at)))];
    else Object.assign(found, { [at]: [mode, stats.mtimeMs / 1000] }, listing(folder, at));
  }
  return found;
}

const expected = {
  big: ["644", 1000, sha256("x".repeat(3_000_000))],
  bin: ["755", 1000],
  "bin/alias": ["755", 1000, sha256("#!/bin/sh\n")],
  "bin/tool": ["755", 1000, sha256("#!/bin/sh\n")],
  etc: ["755", 1000],
  "etc/motd": ["644", 1000, sha256("hello again")],
  lib: "-> usr/lib",
};

const forms = [
  ["an OCI layout", "oci", (path: string, image: Image) => writeOciLayout(path, image, [name])],
  ["an OCI archive", "oci-archive", (path: string, image: Image) => writeOciArchive(path, image, [name])],
  ["a docker archive", "docker-archive", (path: string, image: Image) => writeDockerArchive(path, image, [name])],
] as const;

describe.each(forms)("%s", (_, transport, write) => {
  it("is read back as the same image", async () => {
    const path = join(temporary(), "image");
    const image = sample();
    await write(path, image);
    const opened = await openImageFile(path);
    const read = await findStoredImage(opened.images, "example.com/team/app:1.2", path).image();
    expect(await imageId(read)).toBe(await imageId(image));
    if (transport !== "docker-archive") expect(await imageDigest(read)).toBe(await imageDigest(image));
    expect(await verifyImage(read)).toEqual([]);
  });

  it.skipIf(missing("skopeo"))("is read by skopeo", async () => {
    const folder = temporary();
    const image = sample();
    await write(join(folder, "image"), image);
    const source = `${transport}:${join(folder, "image")}${transport === "oci" ? ":1.2" : ""}`;
    expect(JSON.parse(skopeo("inspect", source))).toMatchObject({ Architecture: "amd64", Env: ["PATH=/bin"] });
    expect(sha256(skopeo("inspect", "--raw", "--config", source))).toBe(await imageId(image));
    skopeo("copy", source, `dir:${join(folder, "copied")}`);
    expect(existsSync(join(folder, "copied", "manifest.json"))).toBe(true);
  });

  it("makes each layer's bytes once", async () => {
    let opened = 0;
    const layer = layerFromEntries(top, {
      epoch: 0,
      compression: "gzip",
      open: async function* () {
        opened++;
        yield* writeTar(top, { epoch: 0 });
      },
    });
    const image = imageFrom({ config: { architecture: "amd64", os: "linux" }, layers: [layer] });
    await write(join(temporary(), "image"), image);
    expect(opened).toBe(1);
  });

  it("leaves nothing behind when a layer fails", async () => {
    const folder = temporary();
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(100_000);
      throw new Error("the worker is gone");
    }
    const layer = layerFromEntries(base, { compression: "gzip", open: failing });
    const image = imageFrom({ config: { architecture: "amd64", os: "linux" }, layers: [layer] });
    await expect(write(join(folder, "image"), image)).rejects.toThrow("the worker is gone");
    expect(readdirSync(folder)).toEqual([]);
  });

  it.skipIf(missing("skopeo"))("that skopeo wrote is read", async () => {
    const folder = temporary();
    const image = sample();
    await writeOciLayout(join(folder, "ours"), image, [name]);
    const suffix = transport === "docker-archive" ? ":example.com/team/app:1.2" : ":1.2";
    skopeo("copy", `oci:${join(folder, "ours")}:1.2`, `${transport}:${join(folder, "theirs")}${suffix}`);
    const opened = await openImageFile(join(folder, "theirs"));
    const read = await findStoredImage(opened.images, undefined, "it").image(parsePlatform("linux/amd64"));
    expect(opened.images[0]?.names).toEqual([suffix.slice(1)]);
    expect((await read.config()).rootfs).toEqual((await image.config()).rootfs);
    expect(await verifyImage(read)).toEqual([]);
  });
});

describe("an OCI layout", () => {
  it.skipIf(missing("umoci") || process.getuid?.() !== 0)("is unpacked by umoci to the image's tree", async () => {
    const folder = temporary();
    await writeOciLayout(join(folder, "image"), sample(), [name]);
    execFileSync("umoci", ["unpack", "--image", `${join(folder, "image")}:1.2`, join(folder, "bundle")], {
      stdio: "pipe",
    });
    expect(listing(join(folder, "bundle", "rootfs"))).toEqual(expected);
  });

  it("keeps the images that it has, and gives a name to the newest", async () => {
    const path = join(temporary(), "image");
    const other = parseReference("other:1");
    await writeOciLayout(path, sample("amd64"), [name]);
    await writeOciLayout(path, sample("arm64"), [other]);
    await writeOciLayout(path, sample("s390x"), [name]);
    const { images } = await openImageFile(path);
    expect(images.map((image) => image.names)).toEqual([["docker.io/library/other:1"], ["example.com/team/app:1.2"]]);
    const found = await findStoredImage(images, "example.com/team/app:1.2", path).image();
    expect((await found.config()).architecture).toBe("s390x");
    for (const said of ["other:1", "1", images[0]?.descriptor?.digest]) {
      expect(findStoredImage(images, said, path)).toBe(images[0]);
    }
    expect(() => findStoredImage(images, "none", path)).toThrow('has no image "none": it holds other:1, example.com');
    expect(await verifyLayout(path)).toEqual([]);
  });

  it("holds several platforms under one name", async () => {
    const path = join(temporary(), "image");
    const descriptor = await writeOciLayout(path, [sample("amd64"), sample("arm64")], [name]);
    expect(descriptor.mediaType).toBe(mediaType.ociIndex);
    const [stored] = (await openImageFile(path)).images;
    expect(await stored?.platforms()).toEqual([
      { os: "linux", architecture: "amd64" },
      { os: "linux", architecture: "arm64" },
    ]);
    const arm = await stored?.image(parsePlatform("linux/arm64"));
    expect((await arm?.config())?.architecture).toBe("arm64");
    await expect(stored?.image()).rejects.toMatchObject({ code: "no-matching-platform" });
    expect(await verifyLayout(path)).toEqual([]);
  });

  it("that is damaged is reported in every place", async () => {
    const path = join(temporary(), "image");
    await writeOciLayout(path, sample(), [name]);
    const manifest = await sample().manifest();
    const store = new DiskBlobStore(path);
    writeFileSync(store.path(manifest.layers[0]!.digest), gzipSync("other"));
    rmSync(store.path(manifest.layers[1]!.digest));
    const found = await verifyLayout(path);
    expect(found.map((mismatch) => mismatch.where.replace(/^sha256:\w+: /, ""))).toEqual([
      "layers[0].digest",
      "layers[0].size",
      "layers[0].diffId",
      "layers[1]",
      "layers[2]",
    ]);
  });

  it("is not written into a folder of something else", async () => {
    const folder = temporary();
    writeFileSync(join(folder, "precious"), "");
    await expect(writeOciLayout(folder, sample(), [])).rejects.toMatchObject({ code: "invalid-layout" });
    expect(readdirSync(folder)).toEqual(["precious"]);
  });

  it("stops when it is called off", async () => {
    const path = join(temporary(), "image");
    const signal = AbortSignal.abort(new Error("interrupted"));
    await expect(writeOciLayout(path, sample(), [name], { signal })).rejects.toThrow("interrupted");
    expect(existsSync(path)).toBe(false);
  });
});

describe("archives", () => {
  it("hold equal bytes whether they are written or streamed, and whenever", async () => {
    const folder = temporary();
    await writeDockerArchive(join(folder, "docker.tar"), sample(), [name]);
    await writeOciArchive(join(folder, "oci.tar"), sample(), [name]);
    expect(readFileSync(join(folder, "docker.tar")).equals(await collect(dockerArchiveStream(sample(), [name])))).toBe(
      true,
    );
    expect(readFileSync(join(folder, "oci.tar")).equals(await collect(ociArchiveStream(sample(), [name])))).toBe(true);
  });

  it("store the same layer once", async () => {
    const folder = temporary();
    const path = join(folder, "both.tar");
    const other = parseReference("other:1");
    await writeDockerArchives(path, [
      { image: sample("amd64"), names: [name] },
      { image: sample("arm64"), names: [other] },
    ]);
    const names = execFileSync("tar", ["-tf", path], { encoding: "utf8" }).trim().split("\n");
    expect(names).toHaveLength(2 + 2 + 2 + 1);
    expect(new Set(names).size).toBe(names.length);
    const opened = await openImageFile(path);
    expect(opened.images.map((image) => image.names)).toEqual([["example.com/team/app:1.2"], ["other:1"]]);
    const second = await findStoredImage(opened.images, "docker.io/library/other:1", path).image();
    expect((await second.config()).architecture).toBe("arm64");
  });

  it("are read when they are packed as a whole", async () => {
    const folder = temporary();
    await writeDockerArchive(join(folder, "image.tar"), sample(), [name]);
    writeFileSync(join(folder, "image.tar.gz"), gzipSync(readFileSync(join(folder, "image.tar"))));
    const opened = await openImageFile(join(folder, "image.tar.gz"));
    expect(opened.format).toBe("docker-archive");
    expect(await verifyImage(await opened.images[0]!.image())).toEqual([]);
    await opened.close();
  });

  it("of old versions of docker save are read, with links between layers", async () => {
    const image = sample("amd64", "none");
    const [first, second] = await Promise.all((await image.layers()).map((layer) => collect(layer.uncompressed())));
    const folder = temporary();
    for (const id of ["a", "b", "c"]) mkdirSync(join(folder, "in", id), { recursive: true });
    writeFileSync(join(folder, "in", "a", "layer.tar"), first!);
    writeFileSync(join(folder, "in", "b", "layer.tar"), second!);
    symlinkSync("../b/layer.tar", join(folder, "in", "c", "layer.tar"));
    writeFileSync(join(folder, "in", "config.json"), await image.rawConfig());
    const layers = ["a/layer.tar", "b/layer.tar", "c/layer.tar"];
    writeFileSync(
      join(folder, "in", "manifest.json"),
      JSON.stringify([{ Config: "config.json", RepoTags: null, Layers: layers }]),
    );
    execFileSync("tar", ["-C", join(folder, "in"), "-cf", join(folder, "old.tar"), "."]);
    const opened = await openImageFile(join(folder, "old.tar"));
    const read = await findStoredImage(opened.images, undefined, "old.tar").image();
    expect(await imageId(read)).toBe(await imageId(image));
    expect(await verifyImage(read)).toEqual([]);
  });

  it("of something else are refused with what they hold", async () => {
    const path = join(temporary(), "rootfs.tar");
    await writeRootfsTar(sample(), path);
    await expect(openImageFile(path)).rejects.toMatchObject({
      code: "invalid-layout",
      message: expect.stringMatching(/neither index\.json .* begins with big, bin, bin\/alias/),
    });
    await expect(openImageFile("/nowhere/image.tar")).rejects.toMatchObject({ code: "not-found" });
  });

  it("that are no tars, or not there, are named", async () => {
    const folder = mkdtempSync(join(tmpdir(), "strake-oci-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "text");
    writeFileSync(path, "words ".repeat(200));
    await expect(openImageFile(path)).rejects.toThrow(`${path} is not a whole tar: the header`);
    await expect(openImageFile(join(folder, "none"))).rejects.toThrow(/\/none does not exist$/);
  });

  it("are streamed for docker load with each layer's bytes made once", async () => {
    const path = join(temporary(), "image.tar");
    let read = 0;
    async function* open(): AsyncGenerator<Uint8Array> {
      read++;
      yield* writeTar([file("only", "content")]);
    }
    const layer = layerFromEntries([file("only", "content")], { compression: "none", open });
    const config = { architecture: "amd64", os: "linux" };
    const image = imageFrom({ config, layers: [layer] });
    for await (const chunk of dockerLoadStream(image, [name])) appendFileSync(path, chunk);
    expect(read).toBe(1);
    const opened = await openImageFile(path);
    const loaded = await findStoredImage(opened.images, undefined, "image.tar").image();
    expect(await imageId(loaded)).toBe(await imageId(image));
  });

  it("name the folder that is missing, and leave nothing behind", async () => {
    const folder = temporary();
    const path = join(folder, "none", "image.tar");
    await expect(writeDockerArchive(path, sample(), [name])).rejects.toMatchObject({
      code: "not-found",
      message: `${path} cannot be written: there is no folder ${join(folder, "none")}; make it first, or choose another`,
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  it("are copied, unless the copy is refused when it is whole", async () => {
    const folder = temporary();
    const [source, path] = [join(folder, "source.tar"), join(folder, "copy.tar")];
    writeFileSync(source, "bytes");
    await replaceWithCopy(path, source, () => {});
    expect(readFileSync(path, "utf8")).toBe("bytes");
    writeFileSync(source, "other");
    const refuse = (): never => {
      throw new Error("touched meanwhile");
    };
    await expect(replaceWithCopy(path, source, refuse)).rejects.toThrow("touched meanwhile");
    expect(readFileSync(path, "utf8")).toBe("bytes");
    expect(readdirSync(folder).sort()).toEqual(["copy.tar", "source.tar"]);
  });

  it("tell how much has been written", async () => {
    const path = join(temporary(), "image.tar");
    const seen: number[] = [];
    await writeDockerArchive(path, sample(), [name], { progress: (written) => seen.push(written) });
    expect(seen.at(-1)).toBeGreaterThan(1000);
    expect(seen.at(-1)).toBeLessThanOrEqual(lstatSync(path).size);
  });

  it("are not written where the config names other layers", async () => {
    const path = join(temporary(), "image.tar");
    const image = imageFrom({ config: await sample().rawConfig(), layers: (await sample().layers()).slice(1) });
    await expect(writeDockerArchive(path, image, [])).rejects.toMatchObject({ code: "digest-mismatch" });
    expect(existsSync(path)).toBe(false);
  });

  it("keep the file that was there when writing is called off", async () => {
    const folder = temporary();
    writeFileSync(join(folder, "image.tar"), "before");
    const signal = AbortSignal.abort(new Error("interrupted"));
    await expect(writeDockerArchive(join(folder, "image.tar"), sample(), [name], { signal })).rejects.toThrow(
      "interrupted",
    );
    expect(readdirSync(folder)).toEqual(["image.tar"]);
    expect(readFileSync(join(folder, "image.tar"), "utf8")).toBe("before");
  });
});
