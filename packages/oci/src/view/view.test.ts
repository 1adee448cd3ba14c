import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { MemoryBlobStore } from "../blob-store/memory-blob-store.ts";
import { printManifest } from "../document/manifest.ts";
import { sha256 } from "../hash.ts";
import type { Image } from "../image.ts";
import type { Layer } from "../layer/layer.ts";
import { layerFromEntries } from "../layer/layer-from-entries.ts";
import { recompressed } from "../layer/recompressed.ts";
import { mediaType } from "../media-type.ts";
import { type Platform, parsePlatform } from "../platform.ts";
import type { Entry } from "../tree/entry.ts";
import { imageDescriptor, imageDigest, imageFrom, imageId } from "./assemble.ts";
import { flatten } from "./flatten.ts";
import { choosePlatform, imageIndexFrom } from "./image-index.ts";
import { readImage, readImageFor } from "./read-image.ts";
import { storeImage } from "./store-image.ts";
import { verifyImage } from "./verify.ts";

function directory(path: string): Entry {
  return { path, type: "directory", mode: 0o755, uid: 0, gid: 0, size: 0, mtime: 0 };
}

function file(path: string, text: string): Entry {
  const content = { from: "bytes", bytes: Buffer.from(text) } as const;
  return { path, type: "file", mode: 0o644, uid: 0, gid: 0, size: text.length, mtime: 0, content };
}

const base = [directory("etc"), file("etc/motd", "hello"), file("etc/passwd", "root:x:0:0::/root:/bin/sh\n")];
const top = [directory("etc"), file("etc/.wh.motd", ""), file("etc/issue", "strake")];

const layers = (compression: "none" | "gzip" = "gzip"): readonly Layer[] =>
  [base, top].map((entries) => layerFromEntries(entries, { epoch: 0, compression }));

const config = {
  architecture: "amd64",
  os: "linux",
  created: "1970-01-01T00:00:00Z",
  config: { Cmd: ["sh"] },
  history: [{ created_by: "ADD base" }, { created_by: "CMD", empty_layer: true }, { created_by: "COPY top" }],
};

describe("an image of config and layers", () => {
  it("has documents that agree with its layers", async () => {
    const image = imageFrom({ config, layers: layers(), annotations: { a: "b" } });
    const manifest = await image.manifest();
    const made = await image.layers();
    expect(manifest.layers.map((layer) => layer.digest)).toEqual([await made[0]?.digest(), await made[1]?.digest()]);
    expect((await image.config()).rootfs.diff_ids).toEqual([await made[0]?.diffId(), await made[1]?.diffId()]);
    expect(manifest.annotations).toEqual({ a: "b" });
    expect(manifest.config.digest).toBe(await imageId(image));
    expect(await imageDigest(image)).toBe(sha256(await image.rawManifest()));
    expect(await imageDescriptor(image)).toMatchObject({ platform: { os: "linux", architecture: "amd64" } });
    expect(await verifyImage(image)).toEqual([]);
  });

  it("has the same id however its layers are packed", async () => {
    const plain = imageFrom({ config, layers: layers("none") });
    const packed = imageFrom({ config, layers: layers("gzip"), mediaTypes: "docker" });
    expect(await imageId(plain)).toBe(await imageId(packed));
    expect(await imageDigest(plain)).not.toBe(await imageDigest(packed));
    expect((await packed.manifest()).mediaType).toBe(mediaType.dockerManifest);
    expect((await packed.manifest()).layers[0]?.mediaType).toBe(mediaType.dockerLayerGzip);
    expect(await verifyImage(packed)).toEqual([]);
  });

  it("keeps the bytes of a config that is given as bytes", async () => {
    const original = await imageFrom({ config, layers: layers() }).rawConfig();
    const spaced = Buffer.from(JSON.stringify(JSON.parse(Buffer.from(original).toString()), null, 1));
    const image = imageFrom({ config: spaced, layers: layers().map((layer) => recompressed(layer, "none")) });
    expect(await imageId(image)).toBe(sha256(spaced));
    expect(await verifyImage(image)).toEqual([]);
  });
});

describe("an image in a store", () => {
  it("is read as it was put", async () => {
    const store = new MemoryBlobStore();
    const image = imageFrom({ config, layers: layers() });
    const { digest } = await storeImage(store, image);
    const read = await readImage(store, digest, "app");
    expect(await read.rawManifest()).toEqual(await image.rawManifest());
    expect(await read.config()).toEqual(await image.config());
    expect(await verifyImage(read)).toEqual([]);
  });

  it("is refused where manifest and config count layers differently", async () => {
    const store = new MemoryBlobStore();
    const image = imageFrom({ config, layers: layers() });
    await storeImage(store, image);
    const manifest = await image.manifest();
    const short = printManifest({ ...manifest, layers: manifest.layers.slice(1) });
    await store.put(sha256(short), short);
    await expect(readImage(store, sha256(short), "app")).rejects.toThrow("manifest of app: layers: has 1 layers");
  });

  it("is chosen by platform through an index", async () => {
    const store = new MemoryBlobStore();
    const images = ["amd64", "arm64"].map((architecture) =>
      imageFrom({ config: { ...config, architecture }, layers: layers() }),
    );
    for (const image of images) await storeImage(store, image);
    const index = await imageIndexFrom(images);
    await store.put(sha256(index), index);
    const descriptor = { mediaType: mediaType.ociIndex, digest: sha256(index), size: index.length };
    const arm = await readImageFor(store, descriptor, parsePlatform("linux/arm64/v8"), "app");
    expect((await arm.config()).architecture).toBe("arm64");
    await expect(readImageFor(store, descriptor, parsePlatform("linux/s390x"), "app")).rejects.toMatchObject({
      code: "no-matching-platform",
      message: "app has no image for linux/s390x; there is linux/amd64, linux/arm64",
    });
  });
});

describe("choosing by platform", () => {
  function choose(wanted: string, ...offered: (string | undefined)[]): string | undefined {
    const manifests = offered.map((platform, size) => ({
      mediaType: mediaType.ociManifest,
      digest: sha256(String(size)),
      size,
      ...(platform === undefined ? {} : { platform: asOffered(platform) }),
    }));
    const index = { schemaVersion: 2 as const, mediaType: mediaType.ociIndex, manifests };
    return offered[choosePlatform(index, parsePlatform(wanted), "app").size];
  }

  /** A platform as an index spells it, without what parsing would fill in. */
  function asOffered(text: string): Platform {
    const [os = "", architecture = "", variant] = text.split("/");
    return { os, architecture, ...(variant === undefined ? {} : { variant }) };
  }

  it("takes the most exact", () => {
    expect(choose("linux/arm/v7", "linux/arm/v5", "linux/arm/v7", "linux/arm/v6")).toBe("linux/arm/v7");
    expect(choose("linux/arm/v8", "linux/arm/v5", "linux/arm/v7", "linux/arm/v6")).toBe("linux/arm/v7");
    expect(choose("linux/arm/v6", "linux/arm/v5", "linux/arm/v7")).toBe("linux/arm/v5");
    expect(choose("linux/amd64", "linux/amd64/v3", "linux/amd64")).toBe("linux/amd64");
  });

  it("never takes an attestation, and what has no platform only at last", () => {
    expect(choose("linux/amd64", "unknown/unknown", undefined, "linux/amd64")).toBe("linux/amd64");
    expect(choose("linux/amd64", "unknown/unknown", undefined)).toBe(undefined);
    expect(() => choose("linux/amd64", "unknown/unknown")).toThrow("it names none");
  });
});

describe("flattening", () => {
  it("lays layers over each other and keeps the content of recipes", async () => {
    const { tree, entries } = await flatten(layers());
    expect(entries.map((entry) => entry.path)).toEqual(["etc", "etc/issue", "etc/passwd"]);
    expect(tree.get("etc/issue")?.content).toBeDefined();
  });
});

describe("verifying", () => {
  /** The image, with some of it replaced. */
  async function changed(change: Partial<Image>): Promise<readonly string[]> {
    const image = imageFrom({ config, layers: layers() });
    return (await verifyImage({ ...image, ...change })).map((mismatch) => mismatch.where);
  }

  it("reports every wrong digest, size and count at once", async () => {
    const other = imageFrom({ config: { ...config, history: config.history.slice(0, 2) }, layers: layers() });
    expect(await changed({ rawConfig: other.rawConfig })).toEqual([
      "config.digest",
      "config.size",
      "config.history, steps with a layer",
    ]);
    const swapped = [...layers()].reverse();
    expect(await changed({ layers: async () => swapped })).toEqual([
      "layers[0].digest",
      "layers[0].size",
      "layers[0].diffId",
      "layers[1].digest",
      "layers[1].size",
      "layers[1].diffId",
    ]);
    expect(await changed({ layers: async () => swapped.slice(0, 1) })).toContain("layers.length");
  });

  it("does not believe a layer's own word", async () => {
    const [first, second] = layers() as [Layer, Layer];
    const packed = gzipSync("not the tar");
    const liar: Layer = {
      mediaType: first.mediaType,
      diffId: () => first.diffId(),
      digest: () => first.digest(),
      size: () => first.size(),
      uncompressed: () => first.uncompressed(),
      compressed: async function* () {
        yield packed;
      },
    };
    expect(await changed({ layers: async () => [liar, second] })).toContain("layers[0].diffId");
  });

  it("reports what cannot be read, and goes on", async () => {
    const [first, second] = layers() as [Layer, Layer];
    const broken = {
      ...first,
      compressed: async function* () {
        yield Buffer.from([0x1f, 0x8b, 8, 0]);
      },
    };
    expect(await changed({ layers: async () => [broken, { ...second, mediaType: mediaType.ociLayer }] })).toEqual([
      "layers[0]",
      "layers[1].mediaType",
    ]);
    expect(await changed({ rawManifest: async () => Buffer.from("{}") })).toEqual(["manifest"]);
  });
});
