import {
  createHasher,
  type Descriptor,
  type Digest,
  type DistantHasher,
  digestParts,
  isDigest,
  mediaType,
  type Reference,
} from "@strake/oci";
import type { CredentialSource } from "./auth/credential.ts";
import { type BlobDescriptor, downloadBlob } from "./download.ts";
import { listEndpoints } from "./endpoint.ts";
import { EndpointClient } from "./endpoint-client.ts";
import type { ProxySettings } from "./http/proxy.ts";
import type { HttpResponse } from "./http/response.ts";
import type { RetryOptions } from "./http/retry.ts";
import { wrongBytes } from "./http/wrong-bytes.ts";
import { Limit } from "./limit.ts";
import { listReferrers, listRepositories, listTags } from "./listing.ts";
import type { KnownBlobs } from "./push/known-blobs.ts";
import { Pusher } from "./push/pusher.ts";
import { RegistryError } from "./registry-error.ts";
import type { RegistrySettings } from "./registry-settings.ts";

/** How a registry is talked to; every time is in milliseconds. */
export interface ClientOptions {
  readonly settings?: RegistrySettings;
  readonly proxy?: ProxySettings;
  /** How long a connection may take to stand; 10 seconds unless said. */
  readonly connectTimeout?: number;
  /** How long nothing may be heard while something is waited for; 30 seconds unless said. */
  readonly idleTimeout?: number;
  readonly retry?: RetryOptions;
  /** Finds logins; without it, registries are read as nobody in particular. */
  readonly credentials?: CredentialSource;
  /** How many blobs of one registry are read at once; 4 unless said. */
  readonly parallel?: number;
  /** Begins to compute a sha256 digest in another thread, for large blobs; without it, everything is hashed here. */
  readonly hashStream?: () => DistantHasher;
  /** Interrupts everything: what is under way is thrown the signal's reason. */
  readonly signal?: AbortSignal;
}

/** The bytes of a manifest or of an index, verified where a digest was asked for. */
export interface FetchedManifest {
  readonly bytes: Uint8Array;
  /** Computed here, over the bytes. */
  readonly digest: Digest;
  /** What the registry says that the bytes are; empty where it says nothing. */
  readonly mediaType: string;
}

/** What a registry claims of a manifest without sending it; nothing of it is verified. */
export interface ManifestHead {
  readonly digest?: Digest;
  readonly size?: number;
  readonly mediaType: string;
}

/** The distribution spec has registries take manifests of at least this many bytes, and most take no more. */
const longestManifest = 4 * 1024 * 1024;

const accept = [mediaType.ociIndex, mediaType.ociManifest, mediaType.dockerIndex, mediaType.dockerManifest].join(", ");

/**
 * Reads one registry, by the endpoints of the OCI distribution spec 1.1.
 *
 * Its mirrors are asked first. One that cannot be reached, or that sends wrong bytes, is not asked again.
 */
export class RegistryClient {
  readonly registry: string;
  readonly #options: ClientOptions;
  readonly #limit: Limit;
  #endpoints: readonly EndpointClient[] | undefined;
  readonly #avoided = new Set<EndpointClient>();

  /** @param registry as a reference names it: `docker.io`, `127.0.0.1:5000` */
  constructor(registry: string, options: ClientOptions = {}) {
    this.registry = registry;
    this.#options = options;
    this.#limit = new Limit(options.parallel ?? 4);
  }

  /**
   * Reads a manifest or an index whole, by the reference's digest or else by its tag.
   *
   * @throws RegistryError `not-found`, `unauthorized`, `digest-mismatch` and whatever else may go wrong on the way
   */
  async getManifest(reference: Reference): Promise<FetchedManifest> {
    return await this.#firstAnswer(async (endpoint) => {
      const request = this.#manifestRequest("GET", reference);
      const { bytes, response } = await endpoint.requestDocument(request, longestManifest);
      const digest = digestOf(bytes, reference.digest);
      if (reference.digest !== undefined && digest !== reference.digest) {
        throw wrongBytes(endpoint.url(request), `the manifest has digest ${digest}, expected ${reference.digest}`);
      }
      return { bytes, digest, mediaType: contentType(response) };
    });
  }

  /** Asks what a registry claims of a manifest. @throws RegistryError as `getManifest` does */
  async headManifest(reference: Reference): Promise<ManifestHead> {
    return await this.#firstAnswer(async (endpoint) => {
      const response = await endpoint.request(this.#manifestRequest("HEAD", reference));
      response.discard();
      const digest = response.headers["docker-content-digest"];
      const length = response.headers["content-length"];
      return {
        mediaType: contentType(response),
        ...(isDigest(digest) ? { digest } : {}),
        ...(length === undefined ? {} : { size: Number(length) }),
      };
    });
  }

  /**
   * Streams a blob and verifies it; a connection that breaks is taken up where it broke.
   *
   * Bytes are handed on before the end is known: they are not to be trusted until the stream has ended.
   *
   * @param start where to begin, in bytes; what comes after the beginning is for the caller to verify with it
   * @throws RegistryError `not-found`, `digest-mismatch` and whatever else may go wrong on the way
   */
  getBlob(reference: Pick<Reference, "repository">, blob: BlobDescriptor, start = 0): AsyncGenerator<Uint8Array> {
    const request = {
      method: "GET",
      repository: reference.repository,
      path: `blobs/${blob.digest}`,
      signal: this.#options.signal,
    } as const;
    return this.#limit.stream(() =>
      downloadBlob(blob, {
        open: (headers) =>
          this.#firstAnswer(async (endpoint) => ({
            response: await endpoint.request({ ...request, headers }),
            url: endpoint.url(request),
            distrust: () => this.#avoid(endpoint),
          })),
        retry: this.#options.retry ?? {},
        signal: this.#options.signal,
        start,
        hashStream: this.#options.hashStream,
      }),
    );
  }

  /**
   * Pushes to the registry itself, never to a mirror.
   *
   * @param mountFrom repositories of the registry that may have layers already
   * @param known what is remembered of the registry; nothing where absent
   */
  pusher(mountFrom: readonly string[] = [], known?: KnownBlobs): Pusher {
    const { retry = {}, signal, parallel = 4 } = this.#options;
    return new Pusher(this.#own(), { retry, signal, parallel, mountFrom, ...(known === undefined ? {} : { known }) });
  }

  /** Asks whether the registry lets this user in. @throws RegistryError `unauthorized` */
  async checkLogin(): Promise<void> {
    const { signal } = this.#options;
    const response = await this.#own().request({ method: "GET", repository: "", path: "", signal });
    response.discard();
  }

  /** The tags of a repository, in the registry's order. @throws RegistryError */
  async listTags(repository: string): Promise<readonly string[]> {
    return await listTags(this.#own(), repository, this.#options.signal);
  }

  /** The names of the registry's repositories, where it tells them. @throws RegistryError */
  async listRepositories(): Promise<readonly string[]> {
    return await listRepositories(this.#own(), this.#options.signal);
  }

  /**
   * What refers to a manifest, such as its signatures and bills of materials; nothing where there is no such thing.
   *
   * @param artifactType leaves out everything of another type
   * @throws RegistryError
   */
  async listReferrers(repository: string, subject: Digest, artifactType?: string): Promise<readonly Descriptor[]> {
    return await listReferrers(this.#own(), repository, subject, artifactType, this.#options.signal);
  }

  /** Removes a manifest, where the registry lets that be done. @throws RegistryError */
  async deleteManifest(repository: string, digest: Digest): Promise<void> {
    const { signal } = this.#options;
    const response = await this.#own().request({ method: "DELETE", repository, path: `manifests/${digest}`, signal });
    response.discard();
  }

  /** Closes every kept connection. */
  close(): void {
    for (const endpoint of this.#endpoints ?? []) endpoint.close();
  }

  #manifestRequest(method: "GET" | "HEAD", reference: Reference) {
    return {
      method,
      repository: reference.repository,
      path: `manifests/${reference.digest ?? reference.tag ?? "latest"}`,
      headers: { accept },
      signal: this.#options.signal,
    };
  }

  async #firstAnswer<T>(ask: (endpoint: EndpointClient) => Promise<T>): Promise<T> {
    const failures: RegistryError[] = [];
    const endpoints = this.#connect();
    for (const endpoint of endpoints.filter((one) => !this.#avoided.has(one))) {
      try {
        return await ask(endpoint);
      } catch (error) {
        if (!RegistryError.is(error) || error.code === "invalid-settings") throw error;
        if (["unreachable", "timeout", "digest-mismatch"].includes(error.code)) this.#avoid(endpoint);
        failures.push(error);
      }
    }
    throw withMirrors(failures);
  }

  #connect(): readonly EndpointClient[] {
    this.#endpoints ??= listEndpoints(this.registry, this.#options.settings ?? new Map()).map((endpoint) => {
      // Whoever has somewhere else to go does not wait long.
      const retry = endpoint.mirror ? { ...this.#options.retry, tries: 2 } : (this.#options.retry ?? {});
      return new EndpointClient(endpoint, { ...this.#options, retry });
    });
    return this.#endpoints;
  }

  #own(): EndpointClient {
    const own = this.#connect().find(({ endpoint }) => !endpoint.mirror);
    if (own === undefined) throw new Error("a registry has an endpoint of its own");
    return own;
  }

  #avoid(endpoint: EndpointClient): void {
    if (endpoint.endpoint.mirror) this.#avoided.add(endpoint);
  }
}

function digestOf(bytes: Uint8Array, expected: Digest | undefined): Digest {
  const hasher = createHasher(expected === undefined ? "sha256" : digestParts(expected).algorithm);
  hasher.update(bytes);
  return hasher.digest();
}

function contentType(response: Pick<HttpResponse, "headers">): string {
  return (response.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
}

/** The registry's own failure, with those of its mirrors told after it. */
function withMirrors(failures: readonly RegistryError[]): RegistryError {
  const own = failures.at(-1);
  if (own === undefined) throw new Error("a registry has at least one endpoint");
  const mirrors = failures.slice(0, -1);
  if (mirrors.length === 0) return own;
  const message = [own.message, ...mirrors.map((failure) => `its mirror before: ${failure.message}`)].join("; ");
  return new RegistryError(own.code, message, { ...own, cause: own });
}
