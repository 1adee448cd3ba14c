import type { Digest } from "../digest.ts";
import type { Descriptor } from "../document/descriptor.ts";
import { type ImageConfig, parseImageConfig, printImageConfig } from "../document/image-config.ts";
import { type Manifest, printManifest } from "../document/manifest.ts";
import { sha256 } from "../hash.ts";
import type { Image } from "../image.ts";
import type { Layer } from "../layer/layer.ts";
import { once } from "../layer/once.ts";
import { type Compression, layerCompression, mediaType } from "../media-type.ts";
import { OciError } from "../oci-error.ts";
import type { Platform } from "../platform.ts";

/** What an image is made of; everything else follows from it. */
export interface ImageParts {
  /** The config but for its layers, or a config's own bytes, which are kept as they are. */
  readonly config: Omit<ImageConfig, "rootfs"> | Uint8Array;
  /** From the base up. */
  readonly layers: readonly Layer[];
  /** The manifest's annotations. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Whose media types the manifest has; OCI's where absent. */
  readonly mediaTypes?: "oci" | "docker";
}

/**
 * Makes an image of a config and layers; nothing is computed until it is asked for, and nothing twice.
 *
 * @throws OciError `unsupported-compression` where Docker's media types are asked for and a layer is packed with zstd
 */
export function imageFrom(parts: ImageParts): Image {
  const docker = parts.mediaTypes === "docker";
  const layers = docker ? parts.layers.map(asDockerLayer) : parts.layers;

  // Descriptors come before the config: packing a layer tells its diff id too.
  const descriptors = once(async () => {
    const made: Descriptor[] = [];
    for (const layer of layers) made.push(await layerDescriptor(layer));
    return made;
  });
  const rawConfig = once(async () => {
    if (parts.config instanceof Uint8Array) return parts.config;
    const diffIds: Digest[] = [];
    for (const layer of layers) diffIds.push(await layer.diffId());
    return printImageConfig({ ...parts.config, rootfs: { type: "layers", diff_ids: diffIds } });
  });
  const config = once(async () => parseImageConfig(await rawConfig(), "config"));
  const manifest = once(async (): Promise<Manifest> => {
    const layerDescriptors = await descriptors();
    const bytes = await rawConfig();
    const type = docker ? mediaType.dockerConfig : mediaType.ociConfig;
    return {
      schemaVersion: 2,
      mediaType: docker ? mediaType.dockerManifest : mediaType.ociManifest,
      config: { mediaType: type, digest: sha256(bytes), size: bytes.length },
      layers: layerDescriptors,
      ...(parts.annotations === undefined ? {} : { annotations: parts.annotations }),
    };
  });
  const rawManifest = once(async () => printManifest(await manifest()));
  return { rawManifest, manifest, rawConfig, config, layers: async () => layers };
}

/** The digest of an image's config, which is what Docker calls the image's id. */
export async function imageId(image: Image): Promise<Digest> {
  return sha256(await image.rawConfig());
}

/** The digest of an image's manifest, by which registries know it. */
export async function imageDigest(image: Image): Promise<Digest> {
  return sha256(await image.rawManifest());
}

/** The descriptor of an image's manifest, with its platform. */
export async function imageDescriptor(image: Image): Promise<Descriptor> {
  const bytes = await image.rawManifest();
  const { mediaType: type } = await image.manifest();
  const platform = configPlatform(await image.config());
  return { mediaType: type, digest: sha256(bytes), size: bytes.length, platform };
}

/** The platform that a config says its image is for. */
export function configPlatform(config: Omit<ImageConfig, "rootfs">): Platform {
  const osVersion = config["os.version"];
  return {
    os: config.os,
    architecture: config.architecture,
    ...(config.variant ? { variant: config.variant } : {}),
    ...(osVersion ? { osVersion } : {}),
  };
}

/** The descriptor of a layer as it stands in a manifest. */
async function layerDescriptor(layer: Layer): Promise<Descriptor> {
  return {
    mediaType: layer.mediaType,
    digest: await layer.digest(),
    size: await layer.size(),
    ...(layer.annotations === undefined ? {} : { annotations: layer.annotations }),
  };
}

const dockerTypes: Readonly<Record<Exclude<Compression, "zstd">, string>> = {
  none: mediaType.dockerLayer,
  gzip: mediaType.dockerLayerGzip,
};

function asDockerLayer(layer: Layer): Layer {
  const compression = layerCompression(layer.mediaType);
  if (compression === "zstd") {
    throw new OciError("unsupported-compression", "Docker's media types know no zstd; use gzip, or OCI media types");
  }
  if (compression === undefined) return layer;
  return withMediaType(layer, dockerTypes[compression]);
}

function withMediaType(layer: Layer, type: string): Layer {
  return {
    mediaType: type,
    ...(layer.annotations === undefined ? {} : { annotations: layer.annotations }),
    diffId: () => layer.diffId(),
    digest: () => layer.digest(),
    size: () => layer.size(),
    compressed: () => layer.compressed(),
    uncompressed: () => layer.uncompressed(),
    uncompressedSize: async () => layer.uncompressedSize?.(),
    ...(layer.known === undefined ? {} : { known: layer.known.bind(layer) }),
    ...(layer.entries === undefined ? {} : { entries: layer.entries.bind(layer) }),
  };
}
