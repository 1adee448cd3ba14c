import { type Digest, type Image, sha256 } from "@strake/oci";
import type { ManifestDocument, StoredManifest } from "./manifest-document.ts";

/** What one repository holds. */
export interface Repository {
  readonly blobs: Map<string, Uint8Array>;
  readonly manifests: Map<string, StoredManifest>;
  readonly tags: Map<string, Digest>;
}

/** Everything that a server holds, in memory. */
export class Content {
  readonly #repositories = new Map<string, Repository>();

  /** The names of all repositories, sorted. */
  names(): readonly string[] {
    return [...this.#repositories.keys()].sort();
  }

  /** A repository that is there. */
  find(name: string): Repository | undefined {
    return this.#repositories.get(name);
  }

  /** A repository, made where it is not there. */
  open(name: string): Repository {
    const kept = this.#repositories.get(name) ?? { blobs: new Map(), manifests: new Map(), tags: new Map() };
    this.#repositories.set(name, kept);
    return kept;
  }

  /** The document under a tag or a digest. */
  manifest(name: string, reference: string): (StoredManifest & { readonly digest: string }) | undefined {
    const repository = this.find(name);
    const digest = reference.includes(":") ? reference : repository?.tags.get(reference);
    const stored = digest === undefined ? undefined : repository?.manifests.get(digest);
    return stored === undefined || digest === undefined ? undefined : { ...stored, digest };
  }

  /** Keeps a document under its digest, and under a tag where one is given. */
  putManifest(
    name: string,
    tag: string | undefined,
    manifest: StoredManifest,
    digest: Digest = sha256(manifest.bytes),
  ): Digest {
    const repository = this.open(name);
    repository.manifests.set(digest, manifest);
    if (tag !== undefined) repository.tags.set(tag, digest);
    return digest;
  }

  /** Keeps an image with everything that it consists of. */
  async putImage(name: string, tag: string | undefined, image: Image): Promise<Digest> {
    const repository = this.open(name);
    const [manifest, config, layers] = await Promise.all([image.manifest(), image.rawConfig(), image.layers()]);
    repository.blobs.set(manifest.config.digest, config);
    for (const layer of layers) repository.blobs.set(await layer.digest(), await collect(layer.compressed()));
    return this.putManifest(name, tag, { bytes: await image.rawManifest(), mediaType: manifest.mediaType });
  }

  /** The first digest that a document names and the repository lacks. */
  missing(name: string, { blobs, manifests }: ManifestDocument): string | undefined {
    const repository = this.find(name);
    return (
      blobs.find((digest) => !repository?.blobs.has(digest)) ??
      manifests.find((digest) => !repository?.manifests.has(digest))
    );
  }
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}
