import { DiskBlobStore } from "../blob-store/disk-blob-store.ts";
import { readBlob } from "../blob-store/read-blob.ts";
import { type Descriptor, manifestSizeLimit } from "../document/descriptor.ts";
import { isImageIndex, parseManifestOrIndex } from "../document/image-index.ts";
import type { Manifest } from "../document/manifest.ts";
import { createHasher } from "../hash.ts";
import { isIndexType, isManifestType, mediaType } from "../media-type.ts";
import { OciError } from "../oci-error.ts";
import { readImage } from "../view/read-image.ts";
import { type Mismatch, verifyImage } from "../view/verify.ts";
import { readLayoutIndex } from "./read-oci-layout.ts";

/**
 * Verifies everything that the index of an OCI image layout leads to and reports all that is wrong at once.
 *
 * Images are verified as by `verifyImage`; of other content, such as attestations, digests and sizes are compared.
 *
 * @throws OciError `invalid-layout`, `invalid-document` where the folder is no layout
 */
export async function verifyLayout(path: string): Promise<readonly Mismatch[]> {
  const index = await readLayoutIndex(path);
  const store = new DiskBlobStore(path);
  const found: Mismatch[] = [];
  const seen = new Set<string>();
  const pending = [...index.manifests];
  for (let descriptor = pending.shift(); descriptor !== undefined; descriptor = pending.shift()) {
    if (seen.has(descriptor.digest)) continue;
    seen.add(descriptor.digest);
    pending.push(...(await verifyDescribed(found, store, descriptor)));
  }
  return found;
}

/** Verifies what a descriptor points to and answers the descriptors that are to be verified next. */
async function verifyDescribed(
  found: Mismatch[],
  store: DiskBlobStore,
  descriptor: Descriptor,
): Promise<readonly Descriptor[]> {
  const isDocument = isIndexType(descriptor.mediaType) || isManifestType(descriptor.mediaType);
  try {
    await verifyBlob(found, store, descriptor);
    if (!isDocument) return [];
    const bytes = await readBlob(store, descriptor.digest, manifestSizeLimit, `manifest ${descriptor.digest}`);
    const document = parseManifestOrIndex(bytes, `manifest ${descriptor.digest}`);
    if (isImageIndex(document)) return document.manifests;
    if (!isRunnable(document)) return [document.config, ...document.layers];
    const mismatches = await verifyImage(await readImage(store, descriptor.digest));
    found.push(...mismatches.map((mismatch) => ({ ...mismatch, where: `${descriptor.digest}: ${mismatch.where}` })));
  } catch (error) {
    if (!OciError.is(error)) throw error;
    found.push({ where: descriptor.digest, expected: "readable content", found: error.message });
  }
  return [];
}

async function verifyBlob(found: Mismatch[], store: DiskBlobStore, descriptor: Descriptor): Promise<void> {
  const hasher = createHasher(descriptor.digest.startsWith("sha512:") ? "sha512" : "sha256");
  for await (const chunk of store.get(descriptor.digest)) hasher.update(chunk);
  const digest = hasher.digest();
  if (digest !== descriptor.digest) {
    found.push({ where: `${descriptor.digest}, digest`, expected: descriptor.digest, found: digest });
  }
  if (hasher.size !== descriptor.size) {
    found.push({ where: `${descriptor.digest}, size`, expected: `${descriptor.size}`, found: `${hasher.size}` });
  }
}

/** Tells an image from an artifact or an attestation, whose config has no layers of a file system. */
function isRunnable({ artifactType, config, layers }: Manifest): boolean {
  const isConfig = config.mediaType === mediaType.ociConfig || config.mediaType === mediaType.dockerConfig;
  return isConfig && artifactType === undefined && layers.every((layer) => !layer.mediaType.includes("in-toto"));
}
