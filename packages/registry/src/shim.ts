export { configSizeLimit, parseImageConfig } from "../../oci/src/document/image-config.ts";
export { isImageIndex, parseManifestOrIndex } from "../../oci/src/document/image-index.ts";
export { parseManifest } from "../../oci/src/document/manifest.ts";
export { layerFromBlob } from "../../oci/src/layer/layer-from-blob.ts";
