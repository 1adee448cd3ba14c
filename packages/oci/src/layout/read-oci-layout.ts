import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { BlobStore } from "../blob-store/blob-store.ts";
import { DiskBlobStore } from "../blob-store/disk-blob-store.ts";
import { readBlob } from "../blob-store/read-blob.ts";
import type { Digest } from "../digest.ts";
import { type Descriptor, manifestSizeLimit } from "../document/descriptor.ts";
import { type ImageIndex, parseImageIndex } from "../document/image-index.ts";
import type { Image } from "../image.ts";
import { isIndexType } from "../media-type.ts";
import { OciError } from "../oci-error.ts";
import type { Platform } from "../platform.ts";
import { configPlatform } from "../view/assemble.ts";
import { indexPlatforms } from "../view/image-index.ts";
import { readImage, readImageFor } from "../view/read-image.ts";
import type { ImageFile, StoredImage } from "./image-file.ts";
import { namedDescriptors } from "./index-names.ts";

/**
 * Reads an OCI image layout, a folder with `oci-layout`, `index.json` and `blobs`.
 *
 * @throws OciError `invalid-layout` where the folder is none, `invalid-document`
 */
export async function readOciLayout(path: string): Promise<ImageFile> {
  const index = await readLayoutIndex(path);
  const blobs = new DiskBlobStore(path);
  return { format: "oci-layout", images: storedImages(blobs, index), blobs, close: async () => {} };
}

/** Reads the index of a layout folder. */
export async function readLayoutIndex(path: string): Promise<ImageIndex> {
  checkLayoutVersion(await readSmall(join(path, "oci-layout"), path), path);
  return parseImageIndex(await readSmall(join(path, "index.json"), path), `index.json of ${path}`);
}

/**
 * Refuses layouts of a version that is not 1.
 *
 * @throws OciError `invalid-layout`
 */
export function checkLayoutVersion(marker: Uint8Array, where: string): void {
  let version: unknown;
  try {
    version = (JSON.parse(Buffer.from(marker).toString("utf8")) as { imageLayoutVersion?: unknown } | null)
      ?.imageLayoutVersion;
  } catch {
    // Said below, like a version that is missing.
  }
  if (typeof version === "string" && version.startsWith("1.")) return;
  throw new OciError(
    "invalid-layout",
    `${where} is not an OCI image layout of version 1: its oci-layout does not say so`,
  );
}

/** The images of a layout's index over the store that has their blobs. */
export function storedImages(store: BlobStore, index: ImageIndex): readonly StoredImage[] {
  return namedDescriptors(index).map(({ descriptor, names }) => ({
    names,
    descriptor,
    platforms: () => platformsOf(store, descriptor, names[0] ?? descriptor.digest),
    image: (platform) => openImage(store, descriptor, platform, names[0] ?? descriptor.digest),
  }));
}

async function openImage(
  store: BlobStore,
  descriptor: Descriptor,
  platform: Platform | undefined,
  what: string,
): Promise<Image> {
  if (!isIndexType(descriptor.mediaType)) return readImage(store, descriptor.digest, what);
  if (platform !== undefined) return readImageFor(store, descriptor, platform, what);
  const [only, ...others] = await platformsOf(store, descriptor, what);
  if (only === undefined || others.length > 0) {
    throw new OciError("no-matching-platform", `${what} has images for ${others.length + 1} platforms; name one`);
  }
  return readImageFor(store, descriptor, only, what);
}

async function platformsOf(store: BlobStore, descriptor: Descriptor, what: string): Promise<readonly Platform[]> {
  if (descriptor.platform !== undefined) return [descriptor.platform];
  if (!isIndexType(descriptor.mediaType)) {
    return [configPlatform(await (await readImage(store, descriptor.digest, what)).config())];
  }
  return indexPlatforms(await readIndex(store, descriptor.digest, what));
}

async function readIndex(store: BlobStore, digest: Digest, what: string): Promise<ImageIndex> {
  const bytes = await readBlob(store, digest, manifestSizeLimit, `index of ${what}`);
  return parseImageIndex(bytes, `index of ${what}`);
}

async function readSmall(path: string, folder: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size <= manifestSizeLimit) return await readFile(path);
  } catch (cause) {
    const problem = (cause as NodeJS.ErrnoException).code === "ENOENT" ? "does not exist" : (cause as Error).message;
    throw new OciError("invalid-layout", `${folder} is not an OCI image layout: ${path} ${problem}`, { cause });
  }
  throw new OciError("invalid-layout", `${path} has more than ${manifestSizeLimit} bytes`);
}
