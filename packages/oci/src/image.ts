import type { Descriptor } from "./document/descriptor.ts";
import type { ImageConfig } from "./document/image-config.ts";
import type { Manifest } from "./document/manifest.ts";
import type { Layer } from "./layer/layer.ts";
import type { Platform } from "./platform.ts";
import type { Reference } from "./reference.ts";

/** An image as a lazy view; the second waist, between those who make images and those who keep them. */
export interface Image {
  /** The manifest's own bytes; its digest is the image's digest. */
  rawManifest(): Promise<Uint8Array>;
  manifest(): Promise<Manifest>;
  /** The config's own bytes; its digest is the image's id. */
  rawConfig(): Promise<Uint8Array>;
  config(): Promise<ImageConfig>;
  /** The layers from the base up, one for each diff id of the config. */
  layers(): Promise<readonly Layer[]>;
}

/** A place where images can be read. */
export interface ImageSource {
  /**
   * Finds the image of a name for a platform; only its manifest and its config are read.
   *
   * @throws when there is no such image, or none for the platform
   */
  get(reference: Reference, platform: Platform): Promise<Image>;
}

/** A place where images can be put under names. */
export interface ImageDestination {
  /**
   * Puts an image and gives it its names, or leaves the place as it was.
   *
   * @returns the descriptor of the manifest that was put
   */
  put(image: Image, names: readonly Reference[]): Promise<Descriptor>;
}
