import {
  choosePlatform,
  type Descriptor,
  type Digest,
  familiarReference,
  type Image,
  type ImageIndex,
  type ImageSource,
  isImageIndex,
  matchesPlatform,
  OciError,
  type Platform,
  parseManifestOrIndex,
  printPlatform,
  type Reference,
} from "@strake/oci";
import { type ClientOptions, type FetchedManifest, RegistryClient } from "./client.ts";
import { RegistryError } from "./registry-error.ts";
import { readRemoteImage } from "./remote-image.ts";

/** What a name stands for at the moment it is asked. */
export interface ResolvedImage {
  /** The digest of what the name points to: the index where there is one, else the manifest. Pin a name by this one. */
  readonly digest: Digest;
  /** The digest of the manifest for the platform: the image's own. */
  readonly manifestDigest: Digest;
  readonly image: Image;
}

/** How an image is asked for. */
export interface GetOptions {
  /** An image that no index stands for is taken also where it is for another platform. */
  readonly otherPlatform?: boolean;
}

/** The images of every registry. */
export class Registry implements ImageSource {
  readonly #options: ClientOptions;
  readonly #clients = new Map<string, RegistryClient>();

  constructor(options: ClientOptions = {}) {
    this.#options = options;
  }

  /**
   * Finds the image of a name for a platform; its manifest and config are read, its layers when they are asked for.
   *
   * Whatever comes is verified by its digest. Only for a name without one is the registry's word taken.
   *
   * @throws RegistryError `not-found`, `unauthorized`, `no-matching-platform` and whatever else may go wrong
   * @throws OciError `invalid-document` for a document that is none
   */
  async get(reference: Reference, platform: Platform, options: GetOptions = {}): Promise<Image> {
    return (await this.resolve(reference, platform, options)).image;
  }

  /** Finds what a name stands for, with the digest to pin it by. @throws as `get` does */
  async resolve(reference: Reference, platform: Platform, options: GetOptions = {}): Promise<ResolvedImage> {
    const client = this.client(reference.registry);
    const named = await client.getManifest(reference);
    const chosen = await descend(client, reference, named, platform);
    const image = await readRemoteImage(client, reference, chosen);
    // An index says for which platform each image is; of an image that stands alone, only its config does.
    if (chosen === named && !options.otherPlatform) await checkPlatform(reference, image, platform);
    return { digest: named.digest, manifestDigest: chosen.digest, image };
  }

  /** The client for one registry, which keeps its connections. */
  client(registry: string): RegistryClient {
    const kept = this.#clients.get(registry) ?? new RegistryClient(registry, this.#options);
    this.#clients.set(registry, kept);
    return kept;
  }

  /** Closes every kept connection. */
  close(): void {
    for (const client of this.#clients.values()) client.close();
  }
}

/** Indexes may hold indexes (OCI image spec, "Image Index"); nobody nests them deeper than this. */
const deepest = 3;

async function descend(
  client: RegistryClient,
  reference: Reference,
  named: FetchedManifest,
  platform: Platform,
): Promise<FetchedManifest> {
  const name = familiarReference(reference);
  let fetched = named;
  for (let depth = 0; depth <= deepest; depth++) {
    const document = parseManifestOrIndex(fetched.bytes, `the manifest of ${name}`);
    if (!isImageIndex(document)) return fetched;
    const { digest } = choose(document, platform, name);
    fetched = await client.getManifest({ ...reference, digest });
  }
  throw new RegistryError("unsupported-image", `the index of ${name} is nested deeper than ${deepest} indexes`);
}

/** @throws RegistryError `no-matching-platform` */
function choose(index: ImageIndex, platform: Platform, name: string): Descriptor {
  try {
    return choosePlatform(index, platform, name);
  } catch (error) {
    if (!OciError.is(error)) throw error;
    throw new RegistryError("no-matching-platform", error.message, { cause: error });
  }
}

async function checkPlatform(reference: Reference, image: Image, platform: Platform): Promise<void> {
  const { os, architecture, variant } = await image.config();
  // Some images, made by hand, do not say what they are for.
  if (os === "" || architecture === "") return;
  const offered: Platform = { os, architecture, ...(variant ? { variant } : {}) };
  if (matchesPlatform(offered, platform)) return;
  const name = familiarReference(reference);
  throw new RegistryError(
    "no-matching-platform",
    `${name} is an image for ${printPlatform(offered)}, not for ${printPlatform(platform)}`,
    { hint: `Ask for ${printPlatform(offered)}, or use an image that has ${printPlatform(platform)}.` },
  );
}
