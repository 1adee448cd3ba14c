import type { Digest, Layer } from "@strake/oci";
import type { EndpointClient } from "../endpoint-client.ts";
import type { RetryOptions } from "../http/retry.ts";
import { Limit } from "../limit.ts";
import { hasBlob } from "./has-blob.ts";
import { type KnownBlobs, nothingKnown } from "./known-blobs.ts";
import { Leaders } from "./leaders.ts";
import { cancelUpload, mountBlob } from "./mount-blob.ts";
import { collect, readBeginning } from "./read-beginning.ts";
import { beginUpload, type UploadSource, uploadBlob } from "./upload-blob.ts";
import { longestWhole, uploadWhole } from "./upload-whole.ts";
import { counted, type Sending, type WatchBlobs, watched } from "./watch-blobs.ts";

/** What sending blobs goes by. */
export interface BlobSenderOptions {
  readonly retry: RetryOptions;
  readonly signal: AbortSignal | undefined;
  /** How many blobs are sent at once. */
  readonly parallel: number;
  /** What is remembered of the registry; nothing where absent. */
  readonly known?: KnownBlobs;
}

/** A blob of known digest. */
export interface KnownBlob {
  readonly digest: Digest;
  /** In bytes, where it is known. */
  readonly size?: number;
  /** It has just been made, so nobody is likely to have it. */
  readonly fresh?: boolean;
  /** Its bytes have to be fetched first, so it is worth a question however small it is. */
  readonly far?: boolean;
  /** May be called again; the bytes are the same each time. */
  open(): AsyncIterable<Uint8Array>;
}

/** Up to this size, in bytes, a blob is sent without asking whether the registry has it: that takes no longer. */
const sentUnasked = 64 * 1024;

/** From this length of its tar on, in bytes, a layer is expected to be long when it is packed, too. */
const longTar = 32 * 1024 * 1024;

/** As many repositories are tried to take a blob over from. */
const mostPlaces = 3;

/** Brings blobs to one registry: each once, however many images want it, and only what the registry lacks. */
export class BlobSender {
  readonly #endpoint: EndpointClient;
  readonly #options: BlobSenderOptions;
  readonly #limit: Limit;
  readonly #sent = new Map<string, Promise<Sending>>();
  /** The repositories that are known to have a blob, from this process. */
  readonly #places = new Map<Digest, Set<string>>();
  readonly #unknown = new WeakMap<Layer, Map<string, Promise<Sending>>>();
  readonly #leaders = new Leaders<Digest | Layer>();
  /** The repositories of which was believed, without asking, that they have something. */
  readonly #believed = new Set<string>();
  readonly #doubts = new Map<string, number>();

  constructor(endpoint: EndpointClient, options: BlobSenderOptions) {
    this.#endpoint = endpoint;
    this.#options = options;
    this.#limit = new Limit(options.parallel);
  }

  /** What is remembered of the registry. */
  get known(): KnownBlobs {
    return this.#options.known ?? nothingKnown;
  }

  /**
   * Sends a blob, unless the repository has it or can take it over from one of `mountFrom`.
   *
   * @param watch asked only by whoever wants the blob first
   */
  send(
    repository: string,
    blob: KnownBlob,
    mountFrom: readonly string[],
    watch: WatchBlobs | undefined,
  ): Promise<Sending> {
    const name = `${repository} ${blob.digest}`;
    const send = () => {
      const watcher = watch?.(blob);
      const open = () => counted(blob.open(), watcher);
      return watched(watcher, () => this.#sendUnlessThere(repository, { ...blob, open }, mountFrom));
    };
    // Whoever waits for another holds no place.
    const inTurn = () => this.#leaders.follow(blob.digest, () => this.#limit.run(send));
    const sending = this.#sent.get(name) ?? inTurn();
    this.#sent.set(name, sending);
    // What failed may be tried again by whoever wants it next.
    sending.catch(() => this.#sent.delete(name));
    return sending;
  }

  /**
   * Sends a layer whose digest nobody knows yet; it is known by itself.
   *
   * @param made called when all is known of the layer, which is before the registry has all of it; not called where
   *   another has it sent
   */
  sendUnknown(
    repository: string,
    layer: Layer,
    watch: WatchBlobs | undefined,
    made: () => void = () => {},
  ): Promise<Sending> {
    const places = this.#unknown.get(layer) ?? new Map<string, Promise<Sending>>();
    this.#unknown.set(layer, places);
    const send = () => {
      const watcher = watch?.({});
      const open = () => told(counted(layer.compressed(), watcher), made);
      return watched(watcher, () => this.#sendWhileReading(repository, layer, open));
    };
    const inTurn = () => this.#leaders.follow(layer, () => this.#limit.run(send));
    const sending = places.get(repository) ?? inTurn();
    places.set(repository, sending);
    sending.catch(() => places.delete(repository));
    return sending;
  }

  /** How often a repository turned out to lack what was believed of it. */
  doubts(repository: string): number {
    return this.#doubts.get(repository) ?? 0;
  }

  /** Forgets what was believed of a repository, if anything was, so that everything is asked for. */
  doubt(repository: string): void {
    if (!this.#believed.delete(repository)) return;
    this.#doubts.set(repository, this.doubts(repository) + 1);
    this.known.forget(repository);
    for (const name of [...this.#sent.keys()]) if (name.startsWith(`${repository} `)) this.#sent.delete(name);
    for (const places of this.#places.values()) places.delete(repository);
  }

  /** @param begun where an upload has been begun already */
  async #sendUnlessThere(
    repository: string,
    blob: KnownBlob,
    mountFrom: readonly string[],
    begun?: URL,
  ): Promise<Sending> {
    const { digest } = blob;
    if (this.known.has(repository, digest)) {
      this.#believed.add(repository);
      if (begun !== undefined) await cancelUpload(this.#endpoint, repository, begun, this.#options.signal);
      return "there";
    }
    const how = await this.#bring(repository, blob, mountFrom, begun);
    this.#places.set(digest, (this.#places.get(digest) ?? new Set()).add(repository));
    return how;
  }

  async #bring(
    repository: string,
    blob: KnownBlob,
    mountFrom: readonly string[],
    already: URL | undefined,
  ): Promise<Sending> {
    const { digest, size = Number.POSITIVE_INFINITY, fresh = false, far = false } = blob;
    const { signal } = this.#options;
    const here = [...(this.#places.get(digest) ?? []), ...mountFrom, ...this.known.places(digest)];
    const places = [...new Set(here)].filter((place) => place !== repository).slice(0, mostPlaces);
    let begun = already;
    for (const place of places) {
      const mounting = await mountBlob(this.#endpoint, repository, digest, place, signal);
      if (begun !== undefined) await cancelUpload(this.#endpoint, repository, begun, signal);
      if (mounting === "mounted") return "mounted";
      begun = mounting;
    }
    const asks = far || (!fresh && size > sentUnasked);
    if (asks && (await hasBlob(this.#endpoint, repository, digest, signal))) {
      if (begun !== undefined) await cancelUpload(this.#endpoint, repository, begun, signal);
      return "there";
    }
    await this.#upload(repository, blob, begun);
    return "sent";
  }

  async #upload(repository: string, { digest, size, open }: KnownBlob, begun: URL | undefined): Promise<void> {
    const options = { ...this.#options, begun };
    if (size !== undefined && size <= longestWhole) {
      const bytes = await collect(open());
      await uploadWhole(this.#endpoint, repository, { digest, bytes }, options);
      return;
    }
    const source: UploadSource = { digest: async () => digest, ...(size === undefined ? {} : { size }), open };
    await uploadBlob(this.#endpoint, repository, source, options);
  }

  /** The upload begins before the layer's bytes have all been made; a layer that is small is one of known digest then. */
  async #sendWhileReading(repository: string, layer: Layer, open: () => AsyncIterable<Uint8Array>): Promise<Sending> {
    // Who sent it to another repository meanwhile has found out.
    const { digest: found, size } = layer.known?.() ?? {};
    if (found !== undefined) {
      return this.#sendUnlessThere(repository, { digest: found, ...(size === undefined ? {} : { size }), open }, []);
    }
    const beginUploading = this.#beginEarly(repository, layer);
    const beginning = await readBeginning(open(), longestWhole);
    try {
      const begun = await beginUploading;
      if (beginning.ended) {
        const { bytes } = beginning;
        const blob = { digest: await layer.digest(), size: bytes.length, fresh: true, open: () => asStream(bytes) };
        return await this.#sendUnlessThere(repository, blob, [], begun);
      }
      const source: UploadSource = {
        digest: () => layer.digest(),
        open: () => beginning.whole() ?? open(),
      };
      await uploadBlob(this.#endpoint, repository, source, { ...this.#options, begun });
    } finally {
      if (!beginning.ended) await beginning.close();
    }
    const digest = await layer.digest();
    this.#places.set(digest, (this.#places.get(digest) ?? new Set()).add(repository));
    return "sent";
  }

  /** Asks where a long layer is to be sent while the first of its bytes are made. */
  #beginEarly(repository: string, layer: Layer): Promise<URL | undefined> {
    const begin = async () => {
      const length = (await layer.uncompressedSize?.()) ?? 0;
      return length < longTar ? undefined : beginUpload(this.#endpoint, repository, this.#options.signal);
    };
    const begun = begin();
    // Where the bytes cannot be made, nobody asks what came of it.
    begun.catch(() => {});
    return begun;
  }
}

async function* told(bytes: AsyncIterable<Uint8Array>, ended: () => void): AsyncGenerator<Uint8Array> {
  yield* bytes;
  ended();
}

async function* asStream(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
