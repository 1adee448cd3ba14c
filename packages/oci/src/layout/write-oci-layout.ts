import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { BlobStore } from "../blob-store/blob-store.ts";
import { DiskBlobStore } from "../blob-store/disk-blob-store.ts";
import type { Descriptor } from "../document/descriptor.ts";
import { type ImageIndex, printImageIndex } from "../document/image-index.ts";
import type { Image } from "../image.ts";
import { mediaType } from "../media-type.ts";
import type { Reference } from "../reference.ts";
import { storeImages } from "../view/store-image.ts";
import { describeNames, mergeNames } from "./index-names.ts";
import { readLayoutIndex } from "./read-oci-layout.ts";
import { replaceFile } from "./replace-file.ts";

/** The content of the file `oci-layout` (OCI image layout spec). */
export const layoutMarker: Uint8Array = new TextEncoder().encode('{"imageLayoutVersion":"1.0.0"}');

/**
 * Writes an image into an OCI image layout, a folder that is made where it is missing.
 *
 * @param images one image, or several that are put under one index
 * @returns the descriptor of the manifest or the index
 * @throws as `updateOciLayout` does, and the layers' own errors
 */
export async function writeOciLayout(
  path: string,
  images: Image | readonly Image[],
  names: readonly Reference[],
  options: { readonly signal?: AbortSignal } = {},
): Promise<Descriptor> {
  let descriptor: Descriptor | undefined;
  const store = async (blobs: BlobStore): Promise<readonly Descriptor[]> => {
    descriptor = await storeImages(blobs, images, options.signal);
    return describeNames(descriptor, names);
  };
  await updateOciLayout(path, store, options);
  return descriptor as unknown as Descriptor;
}

/**
 * Puts content into an OCI image layout, a folder that is made where it is missing.
 *
 * Images that the layout has stay there; a name that one of them has goes over to the new image. The index is replaced
 * last and at once, so a reader sees the layout as it was or as it is. A folder that was made for this is removed again
 * when writing fails.
 *
 * @param store puts the blobs, and tells what the index is to name
 * @throws OciError `invalid-layout` where the folder holds something else
 */
export async function updateOciLayout(
  path: string,
  store: (blobs: BlobStore) => Promise<readonly Descriptor[]>,
  options: { readonly signal?: AbortSignal } = {},
): Promise<void> {
  const isNew = await isMissingOrEmpty(path);
  const index = isNew ? emptyIndex : await readLayoutIndex(path);
  try {
    await mkdir(path, { recursive: true });
    const named = await store(new DiskBlobStore(path));
    options.signal?.throwIfAborted();
    if (isNew) await replaceFile(join(path, "oci-layout"), (writer) => writer.write(layoutMarker));
    // Another image may have come in since; what is lost between here and the rename is a moment.
    const current = isNew ? index : await readLayoutIndex(path);
    const bytes = printImageIndex(mergeNames(current, named));
    await replaceFile(join(path, "index.json"), (writer) => writer.write(bytes));
  } catch (error) {
    if (isNew) await rm(path, { recursive: true, force: true }).catch(() => {});
    throw error;
  }
}

/** An index without images. */
export const emptyIndex: ImageIndex = Object.freeze({ schemaVersion: 2, mediaType: mediaType.ociIndex, manifests: [] });

async function isMissingOrEmpty(path: string): Promise<boolean> {
  try {
    return (await readdir(path)).length === 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return true;
    throw error;
  }
}
