import type { ImageDestination } from "@strake/oci";
import {
  type Descriptor,
  type Digest,
  type Image,
  imageDescriptor,
  type Layer,
  parseDigest,
  type Reference,
  readImage,
  sha256,
} from "@strake/oci";
import type { ImageRecord } from "./image-records.ts";
import { layerLength } from "./layer-length.ts";
import type { Store } from "./store.ts";

/** The images of a store: where a build puts what it made, and where later commands find it. */
export class LocalImages implements ImageDestination {
  readonly #store: Store;
  readonly #signal: AbortSignal | undefined;

  /** @param signal - interrupts what is being kept; nothing is named afterwards */
  constructor(store: Store, signal?: AbortSignal) {
    this.#store = store;
    this.#signal = signal;
  }

  /**
   * Keeps the bytes of every layer, then gives the image its names, one by one; without any it is known by its id.
   *
   * @param index the digest that the names have in their registry, where that is an index's
   */
  async put(image: Image, names: readonly Reference[], index?: Digest): Promise<Descriptor> {
    const layers = await image.layers();
    let size = 0;
    for (const layer of layers) {
      await keepLayer(this.#store, layer, this.#signal);
      size += await layerLength(this.#store, layer);
    }
    const config = await image.rawConfig();
    const manifest = await image.rawManifest();
    const descriptor = await imageDescriptor(image);
    await this.#store.blobs.put(sha256(config), config);
    await this.#store.blobs.put(descriptor.digest, manifest);
    // Both may have been there for long.
    for (const digest of [sha256(config), descriptor.digest]) this.#store.touchBlob(digest);
    this.#signal?.throwIfAborted();
    const kept = { manifest: descriptor.digest, id: sha256(config), named: Date.now(), size };
    const named = index === undefined || index === descriptor.digest ? kept : { ...kept, index };
    if (names.length === 0) this.#store.images.keep(kept);
    for (const name of names) this.#store.images.set(name, named);
    return descriptor;
  }

  /** The image of a record. */
  open(record: ImageRecord): Promise<Image> {
    return readImage(this.#store.blobs, parseDigest(record.manifest), record.name ?? record.id);
  }
}

/** Stores a layer's bytes; where its digest is not known yet, it is found on the way. */
async function keepLayer(store: Store, layer: Layer, signal: AbortSignal | undefined): Promise<void> {
  const known = layer.known === undefined ? await layer.digest() : layer.known().digest;
  if (known !== undefined && (await store.blobs.has(known))) {
    store.touchBlob(known);
    return;
  }
  const bytes = untilInterrupted(layer.compressed(), signal);
  if (known !== undefined) await store.blobs.put(known, bytes);
  else await store.blobs.add(bytes);
}

async function* untilInterrupted(bytes: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined) {
  for await (const chunk of bytes) {
    signal?.throwIfAborted();
    yield chunk;
  }
}
