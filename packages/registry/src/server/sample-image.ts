import { gunzipSync, gzipSync } from "node:zlib";
import {
  type Descriptor,
  type Image,
  type ImageConfig,
  type Layer,
  linuxAmd64,
  type Manifest,
  mediaType,
  type Platform,
  sha256,
} from "@strake/oci";

/**
 * Makes an image of given layers, to fill a registry with.
 *
 * @param layers the uncompressed bytes of each layer, which nobody checks to be a tar
 */
export function sampleImage(layers: readonly Uint8Array[], platform: Platform = linuxAmd64): Image {
  const packed = layers.map((layer) => gzipSync(layer));
  const config: ImageConfig = {
    os: platform.os,
    architecture: platform.architecture,
    ...(platform.variant === undefined ? {} : { variant: platform.variant }),
    config: { Env: ["PATH=/bin"], Cmd: ["/bin/sh"] },
    rootfs: { type: "layers", diff_ids: layers.map((layer) => sha256(layer)) },
    history: layers.map((_, index) => ({ created_by: `layer ${index + 1}` })),
  };
  const rawConfig = Buffer.from(JSON.stringify(config));
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: mediaType.ociManifest,
    config: describe(rawConfig, mediaType.ociConfig),
    layers: packed.map((bytes) => describe(bytes, mediaType.ociLayerGzip)),
  };
  const rawManifest = Buffer.from(JSON.stringify(manifest));
  return {
    rawManifest: async () => rawManifest,
    manifest: async () => manifest,
    rawConfig: async () => rawConfig,
    config: async () => config,
    layers: async () => packed.map(sampleLayer),
  };
}

/** Makes the bytes of an index over images; its entries are in the order given. */
export async function sampleIndex(images: readonly (readonly [Image, Platform])[]): Promise<Uint8Array> {
  const manifests = await Promise.all(
    images.map(async ([image, platform]) => ({
      ...describe(await image.rawManifest(), mediaType.ociManifest),
      platform,
    })),
  );
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaType.ociIndex, manifests }));
}

function sampleLayer(bytes: Uint8Array): Layer {
  const tar = gunzipSync(bytes);
  return {
    mediaType: mediaType.ociLayerGzip,
    diffId: async () => sha256(tar),
    digest: async () => sha256(bytes),
    size: async () => bytes.length,
    compressed: async function* () {
      yield bytes;
    },
    uncompressed: async function* () {
      yield tar;
    },
  };
}

function describe(bytes: Uint8Array, type: string): Descriptor {
  return { mediaType: type, digest: sha256(bytes), size: bytes.length };
}
