import {
  type Descriptor,
  type Digest,
  type Image,
  imageDescriptor,
  imageIndexFrom,
  isDigest,
  type Layer,
  mediaType,
  type Reference,
  sha256,
} from "@strake/oci";
import type { EndpointClient } from "../endpoint-client.ts";
import { bytesBody } from "../http/request-body.ts";
import type { RetryOptions } from "../http/retry.ts";
import { Limit } from "../limit.ts";
import { RegistryError } from "../registry-error.ts";
import { type UploadSource, uploadBlob } from "./upload-blob.ts";

/** What pushing goes by. */
export interface PusherOptions {
  readonly retry: RetryOptions;
  readonly signal: AbortSignal | undefined;
  /** How many blobs are sent at once. */
  readonly parallel: number;
  /** Repositories of the registry that may have a blob already: those of the bases. */
  readonly mountFrom?: readonly string[];
}

/** What became of an image that was pushed. */
export interface Pushed {
  readonly digest: Digest;
  /** The registry had it under this name already, so nothing was sent. */
  readonly unchanged: boolean;
}

/** How a registry came to have a blob: it had it, it took it from another repository, or it was sent it. */
export type Sending = "there" | "mounted" | "sent";

/**
 * Pushes images to one registry: each blob once, however many images want it, and only what the registry lacks.
 *
 * Layers come first, then configs, then manifests, then indexes: nothing names what is not there yet.
 */
export class Pusher {
  readonly #endpoint: EndpointClient;
  readonly #options: PusherOptions;
  readonly #limit: Limit;
  readonly #sent = new Map<string, Promise<Sending>>();
  /** The repositories that are known to have a blob. */
  readonly #places = new Map<Digest, Set<string>>();
  readonly #unknown = new WeakMap<Layer, Map<string, Promise<void>>>();

  constructor(endpoint: EndpointClient, options: PusherOptions) {
    this.#endpoint = endpoint;
    this.#options = options;
    this.#limit = new Limit(options.parallel);
  }

  /** Pushes an image, or several as an index, under a name. @throws RegistryError */
  async push(images: readonly Image[], reference: Reference): Promise<Pushed> {
    const [image] = images as [Image, ...Image[]];
    if (images.length === 1) return this.#pushOne(image, reference);
    const { repository } = reference;
    if ((await Promise.all(images.map(isKnown))).every((known) => known)) {
      const digest = sha256(await imageIndexFrom(images));
      if (await this.names(reference, digest)) return { digest, unchanged: true };
    }
    await Promise.all(images.map((each) => this.#pushContent(each, repository)));
    for (const each of images) {
      const bytes = await each.rawManifest();
      await this.putManifest(repository, sha256(bytes), bytes, (await imageDescriptor(each)).mediaType);
    }
    const index = await imageIndexFrom(images);
    const digest = sha256(index);
    await this.putManifest(repository, reference.tag ?? digest, index, mediaType.ociIndex);
    return { digest, unchanged: false };
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
   * Sends a blob of known digest and size, unless the repository has it or can take it over from another.
   *
   * @param mountFrom repositories of the registry that may have it
   */
  async sendBlob(
    repository: string,
    { digest, size }: Pick<Descriptor, "digest" | "size">,
    open: () => AsyncIterable<Uint8Array>,
    mountFrom: readonly string[] = [],
  ): Promise<Sending> {
    const source: UploadSource = { digest: async () => digest, size, open };
    return this.#once(repository, digest, () =>
      this.#limit.run(() => this.#sendUnlessThere(repository, digest, source, mountFrom)),
    );
  }

  async #pushOne(image: Image, reference: Reference): Promise<Pushed> {
    if (await isKnown(image)) {
      const digest = sha256(await image.rawManifest());
      if (await this.names(reference, digest)) return { digest, unchanged: true };
    }
    await this.#pushContent(image, reference.repository);
    const bytes = await image.rawManifest();
    const digest = sha256(bytes);
    const descriptor = await imageDescriptor(image);
    await this.putManifest(reference.repository, reference.tag ?? digest, bytes, descriptor.mediaType);
    return { digest, unchanged: false };
  }

  async #pushContent(image: Image, repository: string): Promise<void> {
    const layers = await image.layers();
    await Promise.all(layers.map((layer) => this.#pushLayer(layer, repository)));
    const config = await image.rawConfig();
    const digest = sha256(config);
    await this.#once(repository, digest, async () => {
      const source = { digest: async () => digest, size: config.length, open: () => asStream(config) };
      return this.#limit.run(() => this.#sendUnlessThere(repository, digest, source, []));
    });
  }

  async #pushLayer(layer: Layer, repository: string): Promise<void> {
    const known = layer.known === undefined ? await fullyKnown(layer) : layer.known();
    const source: UploadSource = {
      digest: () => layer.digest(),
      ...(known.size === undefined ? {} : { size: known.size }),
      open: () => layer.compressed(),
    };
    const { digest } = known;
    if (digest === undefined) await this.#onceUnknown(layer, repository, source);
    else {
      const { mountFrom = [] } = this.#options;
      await this.#once(repository, digest, () =>
        this.#limit.run(() => this.#sendUnlessThere(repository, digest, source, mountFrom)),
      );
    }
  }

  #once(repository: string, digest: Digest, send: () => Promise<Sending>): Promise<Sending> {
    const name = `${repository} ${digest}`;
    const sending = this.#sent.get(name) ?? send();
    this.#sent.set(name, sending);
    // What failed may be tried again by whoever wants it next.
    sending.catch(() => this.#sent.delete(name));
    return sending;
  }

  /** A layer whose digest nobody knows yet is known by itself. */
  #onceUnknown(layer: Layer, repository: string, source: UploadSource): Promise<void> {
    const places = this.#unknown.get(layer) ?? new Map<string, Promise<void>>();
    this.#unknown.set(layer, places);
    const send = async () => {
      await this.#send(repository, source);
      this.#noteIn(repository, await source.digest());
    };
    const sending = places.get(repository) ?? this.#limit.run(send);
    places.set(repository, sending);
    sending.catch(() => places.delete(repository));
    return sending;
  }

  async #sendUnlessThere(
    repository: string,
    digest: Digest,
    source: UploadSource,
    mountFrom: readonly string[],
  ): Promise<Sending> {
    const how = (await this.#has(repository, digest))
      ? "there"
      : (await this.#mountFirst(repository, digest, mountFrom))
        ? "mounted"
        : "sent";
    if (how === "sent") await this.#send(repository, source);
    this.#noteIn(repository, digest);
    return how;
  }

  async #mountFirst(repository: string, digest: Digest, mountFrom: readonly string[]): Promise<boolean> {
    for (const from of new Set([...(this.#places.get(digest) ?? []), ...mountFrom])) {
      if (from !== repository && (await this.#mount(repository, digest, from))) return true;
    }
    return false;
  }

  #noteIn(repository: string, digest: Digest): void {
    this.#places.set(digest, (this.#places.get(digest) ?? new Set()).add(repository));
  }

  #send(repository: string, source: UploadSource): Promise<void> {
    const { retry, signal } = this.#options;
    return uploadBlob(this.#endpoint, repository, source, { retry, signal });
  }

  async #has(repository: string, digest: Digest): Promise<boolean> {
    const { signal } = this.#options;
    return found(this.#endpoint.request({ method: "HEAD", repository, path: `blobs/${digest}`, signal }));
  }

  /** Takes a blob over from another repository of the registry, which moves nothing. */
  async #mount(repository: string, digest: Digest, from: string): Promise<boolean> {
    try {
      const response = await this.#endpoint.request({
        method: "POST",
        repository,
        path: `blobs/uploads/?${new URLSearchParams({ mount: digest, from })}`,
        headers: { "content-length": "0" },
        reads: [from],
        signal: this.#options.signal,
      });
      response.discard();
      if (response.status !== 201) await this.#forget(repository, response.headers.location, response.url);
      return response.status === 201;
    } catch (error) {
      // Whoever may not read there uploads instead.
      if (RegistryError.is(error) && !error.temporary) return false;
      throw error;
    }
  }

  /** A registry that cannot mount begins an upload instead; that one is not wanted. */
  async #forget(repository: string, location: string | undefined, base: URL): Promise<void> {
    if (location === undefined) return;
    const target = new URL(location, base);
    const { signal } = this.#options;
    await this.#endpoint.request({ method: "DELETE", repository, path: "", location: target, signal }).then(
      (response) => response.discard(),
      () => {},
    );
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
    if (digest === undefined || digest === sha256(bytes)) return;
    throw new RegistryError(
      "digest-mismatch",
      `PUT ${response.url.origin}: the registry calls the manifest ${digest}`,
      {
        hint: "Something between here and the registry changes what is sent.",
      },
    );
  }
}

const { ociManifest, ociIndex, dockerManifest, dockerIndex } = mediaType;
const manifestTypes = [ociManifest, ociIndex, dockerManifest, dockerIndex].join(", ");

/** Whether the image's digest can be told without making the bytes of any layer. */
async function isKnown(image: Image): Promise<boolean> {
  return (await image.layers()).every((layer) => layer.known === undefined || layer.known().digest !== undefined);
}

async function fullyKnown(layer: Layer): Promise<{ readonly digest?: Digest; readonly size?: number }> {
  return { digest: await layer.digest(), size: await layer.size() };
}

async function found(request: Promise<{ discard(): void }>): Promise<boolean> {
  try {
    (await request).discard();
    return true;
  } catch (error) {
    if (RegistryError.is(error) && error.code === "not-found") return false;
    throw error;
  }
}

async function* asStream(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
