import type { Descriptor } from "../document/descriptor.ts";
import { printImageIndex } from "../document/image-index.ts";
import { sha256 } from "../hash.ts";
import type { Image } from "../image.ts";
import type { Layer } from "../layer/layer.ts";
import type { Reference } from "../reference.ts";
import { imageDescriptor } from "../view/assemble.ts";
import { describedIndexFrom } from "../view/image-index.ts";
import { isOneImage } from "../view/store-image.ts";
import { type ArchiveMember, archiveStream, smallMember, type WritingOptions, writeArchive } from "./archive.ts";
import { describeNames, mergeNames } from "./index-names.ts";
import { replaceFile } from "./replace-file.ts";
import { emptyIndex, layoutMarker } from "./write-oci-layout.ts";

/**
 * Writes an OCI image layout as one tar, in one pass: each layer is packed once.
 *
 * The file is replaced when it is whole. Equal images give equal bytes.
 *
 * @param images one image, or several that are put under one index
 * @returns the descriptor of the manifest or the index
 */
export async function writeOciArchive(
  path: string,
  images: Image | readonly Image[],
  names: readonly Reference[],
  options: WritingOptions = {},
): Promise<Descriptor> {
  await replaceFile(path, (writer) => writeArchive(ociMembers(images, names), writer, options));
  if (isOneImage(images)) return imageDescriptor(images);
  return (await describedIndexFrom(images)).descriptor;
}

/** A blob that an archive gets, as it is. */
export interface ArchivedBlob extends Pick<Descriptor, "digest" | "size"> {
  open(): AsyncIterable<Uint8Array>;
}

/**
 * Writes blobs as they are into an OCI image layout that is one tar.
 *
 * @param named what the layout's index names
 */
export async function writeBlobArchive(
  path: string,
  blobs: readonly ArchivedBlob[],
  named: readonly Descriptor[],
  options: WritingOptions = {},
): Promise<void> {
  async function* members(): AsyncGenerator<ArchiveMember> {
    for (const { digest, size, open } of blobs) {
      const name = blobName(digest);
      yield { knownName: name, name: async () => name, size: async () => size, content: open };
    }
    yield* layoutMembers(named);
  }
  await replaceFile(path, (writer) => writeArchive(members(), writer, options));
}

/**
 * Streams an OCI image layout as one tar, for outputs that cannot be gone back in.
 *
 * Names and sizes stand before the content in a tar, so a layer of which they are not known is made twice.
 */
export function ociArchiveStream(
  images: Image | readonly Image[],
  names: readonly Reference[],
): AsyncGenerator<Uint8Array> {
  return archiveStream(ociMembers(images, names));
}

async function* ociMembers(
  images: Image | readonly Image[],
  names: readonly Reference[],
): AsyncGenerator<ArchiveMember> {
  const list = isOneImage(images) ? [images] : images;
  for (const image of list) {
    for (const layer of await image.layers()) yield layerMember(layer);
    yield blobMember(await image.rawConfig());
    yield blobMember(await image.rawManifest());
  }
  let descriptor: Descriptor;
  if (isOneImage(images)) {
    descriptor = await imageDescriptor(images);
  } else {
    const index = await describedIndexFrom(images);
    descriptor = index.descriptor;
    yield blobMember(index.bytes);
  }
  yield* layoutMembers(describeNames(descriptor, names));
}

function* layoutMembers(named: readonly Descriptor[]): Generator<ArchiveMember> {
  yield smallMember("index.json", printImageIndex(mergeNames(emptyIndex, named)));
  yield smallMember("oci-layout", layoutMarker);
}

function layerMember(layer: Layer): ArchiveMember {
  const digest = layer.known?.().digest;
  return {
    ...(digest === undefined ? {} : { knownName: blobName(digest) }),
    name: async () => blobName(await layer.digest()),
    size: () => layer.size(),
    content: () => layer.compressed(),
  };
}

function blobMember(bytes: Uint8Array): ArchiveMember {
  return smallMember(blobName(sha256(bytes)), bytes);
}

function blobName(digest: string): string {
  return `blobs/${digest.replace(":", "/")}`;
}
