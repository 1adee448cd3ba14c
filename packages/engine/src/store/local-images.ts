import type { ImageDestination } from "@strake/oci";
import {
  type Descriptor,
  type Image,
  imageDescriptor,
  type Layer,
  parseDigest,
  type Reference,
  readImage,
  sha256,
} from "@strake/oci";
import type { ImageRecord } from "./image-records.ts";
import type { Store } from "./store.ts";

/** The images of a store: where a build puts what it made, and where later commands find it. */
export class LocalImages implements ImageDestination {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Keeps the bytes of every layer, then gives the image its names, one by one. */
  async put(image: Image, names: readonly Reference[]): Promise<Descriptor> {
    const layers = await image.layers();
    let size = 0;
    for (const layer of layers) size += await keepLayer(this.#store, layer);
    const config = await image.rawConfig();
    const manifest = await image.rawManifest();
    const descriptor = await imageDescriptor(image);
    await this.#store.blobs.put(sha256(config), config);
    await this.#store.blobs.put(descriptor.digest, manifest);
    for (const name of names) {
      this.#store.images.set(name, { manifest: descriptor.digest, id: sha256(config), named: Date.now(), size });
    }
    return descriptor;
  }

  /** The image of a record. */
  open(record: ImageRecord): Promise<Image> {
    return readImage(this.#store.blobs, parseDigest(record.manifest), record.name);
  }
}

/** Stores a layer's bytes; where its digest is not known yet, it is found on the way. */
async function keepLayer(store: Store, layer: Layer): Promise<number> {
  const known = layer.known === undefined ? await layer.digest() : layer.known().digest;
  if (known !== undefined && (await store.blobs.has(known))) return layer.size();
  if (known !== undefined) await store.blobs.put(known, layer.compressed());
  else await store.blobs.add(layer.compressed());
  return layer.size();
}
