/** The media types that Strake reads and writes: the OCI image spec's and their Docker forerunners. */
export const mediaType = {
  ociManifest: "application/vnd.oci.image.manifest.v1+json",
  ociIndex: "application/vnd.oci.image.index.v1+json",
  ociConfig: "application/vnd.oci.image.config.v1+json",
  ociLayer: "application/vnd.oci.image.layer.v1.tar",
  ociLayerGzip: "application/vnd.oci.image.layer.v1.tar+gzip",
  ociLayerZstd: "application/vnd.oci.image.layer.v1.tar+zstd",
  dockerManifest: "application/vnd.docker.distribution.manifest.v2+json",
  dockerIndex: "application/vnd.docker.distribution.manifest.list.v2+json",
  dockerConfig: "application/vnd.docker.container.image.v1+json",
  dockerLayer: "application/vnd.docker.image.rootfs.diff.tar",
  dockerLayerGzip: "application/vnd.docker.image.rootfs.diff.tar.gzip",
} as const;

/** How the bytes of a layer are packed. */
export type Compression = "none" | "gzip" | "zstd";

const layerTypes: Readonly<Record<string, Compression>> = {
  [mediaType.ociLayer]: "none",
  [mediaType.ociLayerGzip]: "gzip",
  [mediaType.ociLayerZstd]: "zstd",
  [mediaType.dockerLayer]: "none",
  [mediaType.dockerLayerGzip]: "gzip",
  "application/vnd.oci.image.layer.nondistributable.v1.tar": "none",
  "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip": "gzip",
  "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd": "zstd",
  "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip": "gzip",
};

/** Tells how a layer of this media type is packed, or undefined where it is no layer's type. */
export function layerCompression(type: string): Compression | undefined {
  return layerTypes[type];
}

/** The OCI media type of a layer packed this way. */
export function layerMediaType(compression: Compression): string {
  if (compression === "gzip") return mediaType.ociLayerGzip;
  return compression === "zstd" ? mediaType.ociLayerZstd : mediaType.ociLayer;
}

/** Tells whether the type is a manifest list's, OCI's or Docker's. */
export function isIndexType(type: string): boolean {
  return type === mediaType.ociIndex || type === mediaType.dockerIndex;
}

/** Tells whether the type is a single image's manifest, OCI's or Docker's. */
export function isManifestType(type: string): boolean {
  return type === mediaType.ociManifest || type === mediaType.dockerManifest;
}
