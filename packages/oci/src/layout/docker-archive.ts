import type { Digest } from "../digest.ts";
import { sha256 } from "../hash.ts";
import type { Image } from "../image.ts";
import type { Layer } from "../layer/layer.ts";
import { once } from "../layer/once.ts";
import { OciError } from "../oci-error.ts";
import { familiarReference, type Reference } from "../reference.ts";
import { giveBackChunk } from "../tar/chunk-buffers.ts";
import { type ArchiveMember, archiveStream, smallMember, type WritingOptions, writeArchive } from "./archive.ts";
import { replaceFile } from "./replace-file.ts";

/** An image and the names that it is given. */
export interface NamedImage {
  readonly image: Image;
  readonly names: readonly Reference[];
}

/**
 * Writes an image as a tar that `docker load` reads, in one pass: each layer's bytes are made once, and never packed.
 *
 * The file is replaced when it is whole. Layers that are the same are stored once. Equal images give equal bytes.
 *
 * @throws the layers' own errors, and an Error with the system's code, such as `ENOSPC`
 */
export function writeDockerArchive(
  path: string,
  image: Image,
  names: readonly Reference[],
  options: WritingOptions = {},
): Promise<void> {
  return writeDockerArchives(path, [{ image, names }], options);
}

/** Writes several images into one tar, as `docker save` with several names does. */
export function writeDockerArchives(
  path: string,
  images: readonly NamedImage[],
  options: WritingOptions = {},
): Promise<void> {
  return replaceFile(path, (writer) => writeArchive(dockerMembers(images), writer, options));
}

/**
 * Streams an image as a tar that `docker load` reads, for outputs that cannot be gone back in.
 *
 * Names and sizes stand before the content in a tar, so a layer of which they are not known is made twice.
 */
export function dockerArchiveStream(image: Image, names: readonly Reference[]): AsyncGenerator<Uint8Array> {
  return dockerArchivesStream([{ image, names }]);
}

/**
 * Streams an image as a tar for `docker load` alone, which makes each layer's bytes once.
 *
 * A layer whose digest is not known beforehand has a name of its own: the names of one image's tars may differ.
 */
export function dockerLoadStream(image: Image, names: readonly Reference[]): AsyncGenerator<Uint8Array> {
  return archiveStream(dockerMembers([{ image, names }], { unnamed: true }));
}

/** Streams several images as one tar. */
export function dockerArchivesStream(images: readonly NamedImage[]): AsyncGenerator<Uint8Array> {
  return archiveStream(dockerMembers(images));
}

/** The archive's files: all layers first, since the configs name them. */
async function* dockerMembers(
  images: readonly NamedImage[],
  { unnamed = false }: { readonly unnamed?: boolean } = {},
): AsyncGenerator<ArchiveMember> {
  const layerNames = new Map<Layer, string>();
  for (const { image } of images) {
    for (const layer of await image.layers()) {
      if (unnamed && layer.known !== undefined && layer.known().diffId === undefined) {
        layerNames.set(layer, `layer-${layerNames.size}.tar`);
      }
      yield layerMember(layer, layerNames.get(layer));
    }
  }
  const manifests: object[] = [];
  for (const { image, names } of images) {
    const config = await image.rawConfig();
    yield smallMember(blobName(sha256(config)), config);
    const { rootfs } = await image.config();
    await checkLayers(image, rootfs.diff_ids);
    manifests.push({
      Config: blobName(sha256(config)),
      RepoTags: names.filter((name) => name.tag !== undefined).map(taggedName),
      Layers: (await image.layers()).map((layer, at) => {
        return layerNames.get(layer) ?? blobName(rootfs.diff_ids[at] as Digest);
      }),
    });
  }
  yield smallMember("manifest.json", Buffer.from(JSON.stringify(manifests)));
}

/** The archive's reader knows layers by the config alone, so a config of other layers must not get out. */
async function checkLayers(image: Image, diffIds: readonly Digest[]): Promise<void> {
  const found: Digest[] = [];
  for (const layer of await image.layers()) found.push(await layer.diffId());
  if (found.join() === diffIds.join()) return;
  throw new OciError(
    "digest-mismatch",
    `the image's config names the layers ${diffIds.join(", ")}, its layers are ${found.join(", ")}`,
  );
}

function layerMember(layer: Layer, name: string | undefined): ArchiveMember {
  const diffId = layer.known?.().diffId;
  return {
    ...(diffId === undefined ? {} : { knownName: blobName(diffId) }),
    name: async () => name ?? blobName(await layer.diffId()),
    size: once(async () => (await layer.uncompressedSize?.()) ?? lengthOf(layer.uncompressed())),
    content: () => layer.uncompressed(),
  };
}

function taggedName({ digest: _, ...name }: Reference): string {
  return familiarReference(name);
}

function blobName(digest: string): string {
  return `blobs/${digest.replace(":", "/")}`;
}

async function lengthOf(source: AsyncIterable<Uint8Array>): Promise<number> {
  let length = 0;
  for await (const chunk of source) {
    length += chunk.length;
    giveBackChunk(chunk);
  }
  return length;
}
