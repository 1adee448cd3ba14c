// What is pure in this package, for runtimes other than Node: values and types without file system and hashing.

export type * from "./blob-store/blob-store.ts";
export * from "./digest.ts";
export * from "./document/descriptor.ts";
export * from "./document/image-config.ts";
export * from "./document/image-index.ts";
export * from "./document/manifest.ts";
export type * from "./image.ts";
export type * from "./layer/layer.ts";
export * from "./media-type.ts";
export * from "./oci-error.ts";
export * from "./platform.ts";
export * from "./reference.ts";
export * from "./tree/entry.ts";
