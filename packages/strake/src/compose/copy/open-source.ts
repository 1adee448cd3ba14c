import { resolve } from "node:path";
import { StrakeError } from "@strake/core";
import {
  type BlobStore,
  type Descriptor,
  type Digest,
  familiarReference,
  findStoredImage,
  type Image,
  imageFrom,
  manifestSizeLimit,
  openImageFile,
  type Platform,
  readBlob,
  recompressed,
  type StoredImage,
  verified,
} from "@strake/oci";
import { type ContentSource, registrySource } from "@strake/registry";
import { checkPlatform } from "../base-finder.ts";
import { EngineImages } from "../engine-images.ts";
import type { Workspace } from "../workspace.ts";
import type { CopyPlace } from "./parse-place.ts";

/** What is copied, opened. */
export interface CopySource {
  /** The documents and blobs as they are; absent where the place keeps no manifests. */
  readonly content?: ContentSource;
  /** The image for a platform, packed as registries keep images. */
  image(platform: Platform | undefined): Promise<Image>;
  close(): Promise<void>;
}

/** Opens the place that an image is copied from. */
export async function openSource(workspace: Workspace, place: CopyPlace): Promise<CopySource> {
  if (place.type === "registry") {
    const registry = await workspace.registry();
    const { reference } = place;
    return {
      content: registrySource(registry.client(reference.registry), reference),
      image: (platform) => registry.get(reference, platform ?? workspace.platform),
      close: async () => {},
    };
  }
  if (place.type === "docker-daemon") {
    const found = new EngineImages(() => workspace.settings.docker(), workspace.engine.store, true);
    const { reference } = place;
    return {
      image: async (platform) => {
        const { image } = await found.find(familiarReference(reference), undefined);
        if (platform !== undefined) await checkPlatform(image, platform);
        return packed(image);
      },
      close: async () => found.close(),
    };
  }
  const file = await openImageFile(resolve(place.path));
  try {
    if (file.format !== place.type && !(place.type === "oci" && file.format === "oci-layout")) {
      throw new StrakeError({ code: "usage", message: `${place.path} is no ${place.type}, but an ${file.format}` });
    }
    const stored = findStoredImage(file.images, place.name, place.path);
    const { descriptor } = stored;
    const content =
      file.blobs === undefined || descriptor === undefined
        ? {}
        : { content: storedContent(file.blobs, descriptor, stored.names[0] ?? place.path) };
    return {
      ...content,
      image: (platform) => storedImage(stored, platform, workspace.platform),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** The documents and blobs below a descriptor, as a store has them; the name is for messages. */
export function storedContent(blobs: BlobStore, descriptor: Descriptor, name: string): ContentSource {
  return {
    name,
    document: async (digest = descriptor.digest) => ({
      bytes: await readBlob(blobs, digest as Digest, manifestSizeLimit, `the manifest of ${name}`),
      mediaType: digest === descriptor.digest ? descriptor.mediaType : "",
    }),
    blob: (blob) => verified(blobs.get(blob.digest), blob, `the blob ${blob.digest} of ${name}`),
  };
}

async function storedImage(stored: StoredImage, platform: Platform | undefined, here: Platform): Promise<Image> {
  const several = (await stored.platforms()).length > 1;
  const image = await stored.image(platform ?? (several ? here : undefined));
  if (stored.descriptor !== undefined) return image;
  return packed(image);
}

/** Packs the layers of an image: Docker's archives and engines have no manifests, and layers that are not packed. */
export async function packed(image: Image): Promise<Image> {
  const layers = (await image.layers()).map((layer) => recompressed(layer, "gzip"));
  return imageFrom({ config: await image.rawConfig(), layers });
}
