import type { BlobStore } from "../blob-store/blob-store.ts";
import { readBlob } from "../blob-store/read-blob.ts";
import type { Digest } from "../digest.ts";
import { type Descriptor, manifestSizeLimit } from "../document/descriptor.ts";
import { configSizeLimit, parseImageConfig } from "../document/image-config.ts";
import { parseImageIndex } from "../document/image-index.ts";
import { type Manifest, parseManifest } from "../document/manifest.ts";
import type { Image } from "../image.ts";
import { layerFromBlob } from "../layer/layer-from-blob.ts";
import { isIndexType } from "../media-type.ts";
import { OciError } from "../oci-error.ts";
import type { Platform } from "../platform.ts";
import { choosePlatform } from "./image-index.ts";

/** Indexes may hold indexes; deeper than this nobody means it. */
const deepest = 4;

/**
 * Reads the image of a manifest that a store has; its layers are read when they are asked for.
 *
 * @param what what the image is, for errors: `debian:12`
 * @throws OciError `not-found`, `digest-mismatch`, `invalid-document`
 */
export async function readImage(store: BlobStore, digest: Digest, what: string = digest): Promise<Image> {
  const rawManifest = await readBlob(store, digest, manifestSizeLimit, `manifest of ${what}`);
  const manifest = parseManifest(rawManifest, `manifest of ${what}`);
  const rawConfig = await readBlob(store, manifest.config.digest, configSizeLimit, `config of ${what}`);
  const config = parseImageConfig(rawConfig, `config of ${what}`);
  const layers = pairLayers(manifest, config.rootfs.diff_ids, what).map(([descriptor, diffId]) =>
    layerFromBlob(store, descriptor, diffId),
  );
  return {
    rawManifest: async () => rawManifest,
    manifest: async () => manifest,
    rawConfig: async () => rawConfig,
    config: async () => config,
    layers: async () => layers,
  };
}

/**
 * Reads the image that a descriptor leads to, choosing by platform where it is an index.
 *
 * @throws OciError `no-matching-platform`, and as `readImage`
 */
export async function readImageFor(
  store: BlobStore,
  descriptor: Descriptor,
  platform: Platform,
  what: string,
): Promise<Image> {
  let chosen = descriptor;
  for (let depth = 0; isIndexType(chosen.mediaType); depth++) {
    if (depth === deepest) throw new OciError("invalid-document", `index of ${what}: holds indexes too deeply`);
    const bytes = await readBlob(store, chosen.digest, manifestSizeLimit, `index of ${what}`);
    chosen = choosePlatform(parseImageIndex(bytes, `index of ${what}`), platform, what);
  }
  return readImage(store, chosen.digest, what);
}

/** Puts each layer's descriptor beside its diff id. */
function pairLayers(
  manifest: Manifest,
  diffIds: readonly Digest[],
  what: string,
): readonly (readonly [Descriptor, Digest])[] {
  if (manifest.layers.length !== diffIds.length) {
    throw new OciError(
      "invalid-document",
      `manifest of ${what}: layers: has ${manifest.layers.length} layers, and the config has ${diffIds.length} diff ids`,
    );
  }
  return manifest.layers.map((descriptor, at) => [descriptor, diffIds[at] as Digest]);
}
