import {
  type Descriptor,
  type Digest,
  describedIndexFrom,
  type Image,
  imageDescriptor,
  isDigest,
  type Layer,
  mediaType,
  type Reference,
  sha256,
} from "@strake/oci";
import type { EndpointClient } from "../endpoint-client.ts";
import { bytesBody } from "../http/request-body.ts";
import { RegistryError } from "../registry-error.ts";
import { BlobSender, type BlobSenderOptions } from "./blob-sender.ts";
import { blobsNamed } from "./blobs-named.ts";
import type { Sending, WatchBlobs } from "./watch-blobs.ts";

/** What pushing goes by. */
export interface PusherOptions extends BlobSenderOptions {
  /** Repositories of the registry that may have a blob already: those of the bases. */
  readonly mountFrom?: readonly string[];
}

/** What became of an image that was pushed. */
export interface Pushed {
  readonly digest: Digest;
  /** The registry had it under this name already, so nothing was sent. */
  readonly unchanged: boolean;
}

/**
 * Pushes images to one registry: each blob once, however many images want it, and only what the registry lacks.
 *
 * Blobs come first, then manifests, then indexes: nothing names what is not there yet. What is remembered of the
 * registry is believed until it refuses a manifest for it.
 */
export class Pusher {
  readonly #endpoint: EndpointClient;
  readonly #options: PusherOptions;
  readonly #blobs: BlobSender;

  constructor(endpoint: EndpointClient, options: PusherOptions) {
    this.#endpoint = endpoint;
    this.#options = options;
    this.#blobs = new BlobSender(endpoint, options);
  }

  /** Pushes an image, or several as an index, under a name. @throws RegistryError */
  async push(images: readonly Image[], reference: Reference, watch?: WatchBlobs): Promise<Pushed> {
    const { repository } = reference;
    const before = await this.#findUnchanged(images, reference);
    if (before !== undefined) return { digest: before, unchanged: true };
    const digest = await this.believing(repository, async () => {
      await Promise.all(images.map((each) => this.#pushContent(each, repository, watch)));
      const [image] = images as [Image, ...Image[]];
      if (images.length === 1) return this.#putImage(image, reference, reference.tag);
      await Promise.all(images.map((each) => this.#putImage(each, reference, undefined)));
      const { bytes, descriptor } = await describedIndexFrom(images);
      await this.putManifest(repository, reference.tag ?? descriptor.digest, bytes, descriptor.mediaType);
      return descriptor.digest;
    });
    return { digest, unchanged: false };
  }

  /**
   * Does something that may rely on what is remembered of a repository; where the registry refuses it for what it lacks,
   * that is forgotten, and it is done once more.
   */
  async believing<T>(repository: string, work: () => Promise<T>): Promise<T> {
    const before = this.#blobs.doubts(repository);
    try {
      return await work();
    } catch (error) {
      const lacking = RegistryError.is(error) && (error.status === 400 || error.status === 404);
      if (!lacking) throw error;
      this.#blobs.doubt(repository);
      // Another image that goes there at the same time may have found out before.
      if (this.#blobs.doubts(repository) === before) throw error;
      return await work();
    }
  }

  /** Whether the registry says that a name stands for a digest. */
  async names(reference: Reference, digest: Digest): Promise<boolean> {
    return (await this.find(reference)) === digest;
  }

  /** The digest that the registry says a name stands for, if it has the name; one request. @throws RegistryError */
  async find(reference: Omit<Reference, "registry">): Promise<Digest | undefined> {
    try {
      const response = await this.#endpoint.request({
        method: "HEAD",
        repository: reference.repository,
        path: `manifests/${reference.tag ?? reference.digest ?? "latest"}`,
        headers: { accept: manifestTypes },
        pushing: true,
        signal: this.#options.signal,
      });
      response.discard();
      const digest = response.headers["docker-content-digest"];
      return isDigest(digest) ? digest : undefined;
    } catch (error) {
      if (RegistryError.is(error) && error.code === "not-found") return undefined;
      throw error;
    }
  }

  /** Whether a repository has a manifest or an index of a digest. */
  async has(repository: string, digest: string): Promise<boolean> {
    return (await this.find({ repository, digest: digest as Digest })) === digest;
  }

  /**
   * Sends a blob that has to be fetched from somewhere, unless the repository has it or can take it over from another.
   *
   * @param mountFrom repositories of the registry that may have it
   */
  sendBlob(
    repository: string,
    { digest, size }: Pick<Descriptor, "digest" | "size">,
    open: () => AsyncIterable<Uint8Array>,
    mountFrom: readonly string[] = [],
    watch?: WatchBlobs,
  ): Promise<Sending> {
    return this.#blobs.send(repository, { digest, size, far: true, open }, mountFrom, watch);
  }

  /** Puts a manifest or an index under a tag or its digest. @throws RegistryError `digest-mismatch` */
  async putManifest(repository: string, name: string, bytes: Uint8Array, type: string): Promise<void> {
    const response = await this.#endpoint.request({
      method: "PUT",
      repository,
      path: `manifests/${name}`,
      headers: { "content-type": type },
      body: bytesBody(bytes),
      signal: this.#options.signal,
    });
    response.discard();
    const digest = response.headers["docker-content-digest"];
    if (digest !== undefined && digest !== sha256(bytes)) {
      throw new RegistryError(
        "digest-mismatch",
        `PUT ${response.url.origin}: the registry calls the manifest ${digest}`,
        { hint: "Something between here and the registry changes what is sent." },
      );
    }
    this.#blobs.known.note(repository, blobsNamed(bytes));
  }

  /** What a name stands for where that is these very images; asks only where it may be. */
  async #findUnchanged(images: readonly Image[], reference: Reference): Promise<Digest | undefined> {
    if (!(await Promise.all(images.map(isKnown))).every((known) => known)) return undefined;
    const { repository } = reference;
    const { known } = this.#blobs;
    const configs = await Promise.all(images.map(async (image) => sha256(await image.rawConfig())));
    // Of a repository that is known, a config that is not tells that the image is new there.
    if (known.knows(repository) && !configs.every((config) => known.has(repository, config))) return undefined;
    const [image] = images as [Image, ...Image[]];
    const described =
      images.length === 1 ? imageDescriptor(image) : describedIndexFrom(images).then((of) => of.descriptor);
    const { digest } = await described;
    if (!(await this.names({ ...reference, digest }, digest))) return undefined;
    for (const each of images) known.note(repository, blobsNamed(await each.rawManifest()));
    return digest;
  }

  async #putImage(image: Image, { repository }: Reference, tag: string | undefined): Promise<Digest> {
    const bytes = await image.rawManifest();
    const { digest, mediaType: type } = await imageDescriptor(image);
    await this.putManifest(repository, tag ?? digest, bytes, type);
    return digest;
  }

  /** Sends layers, and the config as soon as all of it is known: some of it is known when a layer has been made. */
  async #pushContent(image: Image, repository: string, watch: WatchBlobs | undefined): Promise<void> {
    const sending: Promise<unknown>[] = [];
    const known = (await image.layers()).map((layer) => {
      return new Promise<void>((resolve, reject) => {
        const sent = this.#pushLayer(layer, repository, watch, resolve);
        sending.push(sent);
        if (hasDiffId(layer)) resolve();
        sent.then(resolve, reject);
      });
    });
    const sendConfig = async () => {
      const bytes = await image.rawConfig();
      const open = () => asStream(bytes);
      await this.#blobs.send(repository, { digest: sha256(bytes), size: bytes.length, open }, [], watch);
    };
    await Promise.all([...sending, Promise.all(known).then(sendConfig)]);
  }

  /** @param made called when all is known of the layer, where that is before it has been sent */
  async #pushLayer(layer: Layer, repository: string, watch: WatchBlobs | undefined, made: () => void): Promise<void> {
    const { digest, size } = layer.known === undefined ? await fullyKnown(layer) : layer.known();
    if (digest === undefined) await this.#blobs.sendUnknown(repository, layer, watch, made);
    else {
      const blob = { digest, ...(size === undefined ? {} : { size }), open: () => layer.compressed() };
      await this.#blobs.send(repository, blob, this.#options.mountFrom ?? [], watch);
    }
  }
}

const { ociManifest, ociIndex, dockerManifest, dockerIndex } = mediaType;
const manifestTypes = [ociManifest, ociIndex, dockerManifest, dockerIndex].join(", ");

/** Whether the image's digest can be told without making the bytes of any layer. */
async function isKnown(image: Image): Promise<boolean> {
  return (await image.layers()).every((layer) => layer.known === undefined || layer.known().digest !== undefined);
}

/** Whether a layer's part of the config can be told without making its bytes. */
function hasDiffId(layer: Layer): boolean {
  return layer.known === undefined || layer.known().diffId !== undefined;
}

async function fullyKnown(layer: Layer): Promise<{ readonly digest?: Digest; readonly size?: number }> {
  return { digest: await layer.digest(), size: await layer.size() };
}

async function* asStream(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
