import type { BlobStore } from "../blob-store/blob-store.ts";
import type { Descriptor } from "../document/descriptor.ts";
import { sha256 } from "../hash.ts";
import type { Image } from "../image.ts";
import type { Layer } from "../layer/layer.ts";
import { imageDescriptor } from "./assemble.ts";
import { describedIndexFrom } from "./image-index.ts";

/** The most layers that are stored at the same time; each is packed in parallel already. */
const mostAtOnce = 3;

/**
 * Puts all blobs of an image into a store: its layers, packed as they are packed for a registry, config and manifest.
 *
 * A layer that is a recipe is made once, whether or not its digest is known; what the store has is not made at all.
 *
 * @returns the manifest's descriptor, with the image's platform
 */
export async function storeImage(store: BlobStore, image: Image, signal?: AbortSignal): Promise<Descriptor> {
  const waiting = [...(await image.layers())];
  const work = async (): Promise<void> => {
    for (let layer = waiting.shift(); layer !== undefined; layer = waiting.shift()) {
      try {
        await storeLayer(store, layer, signal);
      } catch (error) {
        waiting.length = 0;
        throw error;
      }
    }
  };
  const workers = Array.from({ length: mostAtOnce }, work);
  // Nothing may still be writing to the store when the caller learns of a failure.
  await Promise.allSettled(workers);
  await Promise.all(workers);
  const config = await image.rawConfig();
  const manifest = await image.rawManifest();
  await store.put((await image.manifest()).config.digest, config);
  await store.put(sha256(manifest), manifest);
  return imageDescriptor(image);
}

/**
 * Puts several images into a store with an index over them, or one image without.
 *
 * @returns the descriptor of the index, or of the one image's manifest
 */
export async function storeImages(
  store: BlobStore,
  images: Image | readonly Image[],
  signal?: AbortSignal,
): Promise<Descriptor> {
  if (isOneImage(images)) return storeImage(store, images, signal);
  for (const image of images) await storeImage(store, image, signal);
  const { bytes: index, descriptor } = await describedIndexFrom(images);
  await store.put(sha256(index), index);
  return descriptor;
}

/** Tells one image from a list of images, which stands for an index. */
export function isOneImage(images: Image | readonly Image[]): images is Image {
  return !Array.isArray(images);
}

async function storeLayer(store: BlobStore, layer: Layer, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  const digest = layer.known === undefined ? await layer.digest() : layer.known().digest;
  const bytes = abortable(layer.compressed(), signal);
  if (digest === undefined) await store.add(bytes);
  else await store.put(digest, bytes);
}

/** Passes a stream through until it is called off. */
export async function* abortable(
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    signal?.throwIfAborted();
    yield chunk;
  }
}
