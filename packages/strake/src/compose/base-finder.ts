import { type OutsideName, type ResolvedBase, StrakeError } from "@strake/core";
import { fetchBlob, type ImageOfSource, type ImageRecord, type Store } from "@strake/engine";
import {
  createHasher,
  type Descriptor,
  type Digest,
  engineImageName,
  findStoredImage,
  type Image,
  type ImageConfig,
  type ImageFile,
  imageDigest,
  imageId,
  type Layer,
  layerFromBlob,
  matchesPlatform,
  openImageFile,
  type Platform,
  parseBaseName,
  parsePlatform,
  printPlatform,
  type Reference,
  readFileChunks,
  readImage,
  sha256,
} from "@strake/oci";
import type { GetOptions, Registry } from "@strake/registry";
import type { EngineImages } from "./engine-images.ts";
import { PushedBlobs } from "./pushed-blobs.ts";

/** How bases are looked for. */
export interface BaseFinderOptions {
  readonly store: Store;
  /** Made when a registry is needed for the first time, since most builds need none. */
  readonly registry: () => Promise<Registry>;
  /** The store of the Docker Engine. */
  readonly engineImages: EngineImages;
  /** Ask the registry even for names that the store knows. */
  readonly pull: boolean;
  /** Nothing is kept. */
  readonly readOnly: boolean;
}

/** Finds base images: in the store, in files of this machine, and in registries. */
export class BaseFinder {
  readonly #options: BaseFinderOptions;
  readonly #found = new Map<Digest, Image>();
  readonly #files: ImageFile[] = [];
  readonly #downloads = new Map<Digest, Promise<void>>();

  constructor(options: BaseFinderOptions) {
    this.#options = options;
  }

  /** What a name stands for; with a pin, the image of exactly that digest. */
  async find(name: OutsideName, pinned: Digest | undefined): Promise<ResolvedBase> {
    if (name.type === "rootfs") return { digest: await digestOfFile(name.path) };
    const platform = parsePlatform(name.platform);
    const image =
      name.type === "image"
        ? await this.#findNamed(parseBaseName(name.name), platform, pinned)
        : await this.#openStored(name.path, name.reference, platform);
    await checkPlatform(image, platform);
    const isOfEngine = name.type === "image" && engineImageName(parseBaseName(name.name)) !== undefined;
    // An engine knows its images by their ids; it keeps no manifests.
    const digest = isOfEngine ? await imageId(image) : await imageDigest(image);
    this.#found.set(digest, image);
    return { digest, config: await image.config() };
  }

  /** The config of a named image, also of one that is for another platform. */
  async config(name: string, platform: string): Promise<ImageConfig> {
    const options = { otherPlatform: true };
    const image = await this.#findNamed(parseBaseName(name), parsePlatform(platform), undefined, options);
    return image.config();
  }

  /** Opens an image that was found before, or that a plan names. */
  async open(source: ImageOfSource, path: string | undefined): Promise<Image> {
    const found = this.#found.get(source.digest);
    if (found !== undefined) return found;
    const platform = parsePlatform(source.platform);
    if (source.type !== "image") return this.#openStored(path ?? source.path, undefined, platform);
    return this.#findNamed(parseBaseName(source.reference), platform, source.digest);
  }

  /** Removes what was unpacked to be read; no image can be read afterwards. */
  async close(): Promise<void> {
    for (const file of this.#files.splice(0)) await file.close();
    this.#options.engineImages.close();
  }

  async #openStored(path: string, reference: string | undefined, platform: Platform): Promise<Image> {
    const file = await openImageFile(path);
    this.#files.push(file);
    return findStoredImage(file.images, reference, path).image(platform);
  }

  async #findNamed(
    reference: Reference,
    platform: Platform,
    pinned: Digest | undefined,
    options: GetOptions = {},
  ): Promise<Image> {
    const { store, pull, engineImages } = this.#options;
    const known = engineImageName(reference);
    if (known !== undefined) return (await engineImages.find(known, pinned)).image;
    const said = pinned ?? reference.digest;
    const record = pull || said !== undefined ? undefined : store.images.get(reference);
    const unfit = record === undefined || options.otherPlatform ? undefined : await unfitness(store, record, platform);
    const digest = said ?? (unfit === undefined ? record?.manifest : undefined);
    const remote = async () => {
      const registry = await this.#options.registry();
      return registry.get(digest === undefined ? reference : { ...reference, digest }, platform, options);
    };
    if (digest !== undefined) {
      const kept = await readImage(store.blobs, digest).catch(() => undefined);
      if (kept !== undefined) {
        if (!this.#options.readOnly) await touchDocuments(store, kept);
        return this.#nearestBytes(kept, remote, reference);
      }
    }
    const image = await remote().catch((error: Error) => {
      throw unfit === undefined ? error : alsoSaid(unfit, error);
    });
    if (!this.#options.readOnly) {
      await keepDocuments(store, image);
      const { config, layers } = await image.manifest();
      const blobs = [config, ...layers].map((blob) => blob.digest);
      new PushedBlobs(store.folder, reference.registry).note(reference.repository, blobs);
    }
    return this.#nearestBytes(image, async () => image, reference);
  }

  /** An image whose layers come from the store where it has them, and else from the registry, once. */
  async #nearestBytes(image: Image, remote: () => Promise<Image>, reference: Reference): Promise<Image> {
    const { blobs } = this.#options.store;
    const manifest = await image.manifest();
    const { rootfs } = await image.config();
    const layers = manifest.layers.map((descriptor, at): Layer => {
      const diffId = rootfs.diff_ids[at] as Digest;
      const stored = layerFromBlob(blobs, descriptor, diffId);
      const remoteLayer = async () => (await (await remote()).layers())[at] as Layer;
      const read = async function* (this: BaseFinder, form: "compressed" | "uncompressed") {
        if (form === "uncompressed" && (await blobs.has(diffId))) return yield* blobs.get(diffId);
        if (this.#options.readOnly && !(await blobs.has(descriptor.digest)))
          return yield* (await remoteLayer())[form]();
        await this.#download(descriptor, reference);
        yield* stored[form]();
      };
      return {
        ...stored,
        compressed: () => read.call(this, "compressed"),
        uncompressed: () => read.call(this, "uncompressed"),
      };
    });
    return { ...image, layers: async () => layers };
  }

  /** Keeps a layer of a registry; several steps and images that want it at once wait for the same bytes. */
  #download(layer: Descriptor, reference: Reference): Promise<void> {
    const started = this.#downloads.get(layer.digest);
    if (started !== undefined) return started;
    const download = async () => {
      const client = (await this.#options.registry()).client(reference.registry);
      const open = (start: number) => client.getBlob(reference, layer, start);
      await fetchBlob(this.#options.store, { ...layer, open });
    };
    const downloading = download();
    this.#downloads.set(layer.digest, downloading);
    return downloading;
  }
}

/**
 * Why the image that the store has under a name is not what a build wants: it is for another platform, and a registry
 * may have it for this one.
 */
async function unfitness(
  store: Store,
  { manifest }: ImageRecord,
  platform: Platform,
): Promise<StrakeError | undefined> {
  const kept = await readImage(store.blobs, manifest).catch(() => undefined);
  if (kept === undefined) return undefined;
  return checkPlatform(kept, platform).then(
    () => undefined,
    (error: StrakeError) => error,
  );
}

/** The error of the image that is here, with what became of the search for another. */
function alsoSaid({ code, message, notes, site }: StrakeError, cause: Error): StrakeError {
  return new StrakeError({ code, message, notes: [...notes, `In its registry: ${cause.message}`], site, cause });
}

/** Notes that a base was used: its documents, and its layers where they are kept. */
async function touchDocuments(store: Store, image: Image): Promise<void> {
  const { config, layers } = await image.manifest();
  for (const { digest } of [config, ...layers]) store.touchBlob(digest);
  store.touchBlob(sha256(await image.rawManifest()));
}

/** Keeps the manifest and the config, so that the next plan needs no network. */
async function keepDocuments(store: Store, image: Image): Promise<void> {
  for (const bytes of [await image.rawConfig(), await image.rawManifest()]) await store.blobs.put(sha256(bytes), bytes);
}

/**
 * Refuses an image that is for another platform.
 *
 * One that stands alone says only in its config what it is for; some that were made by hand do not say.
 *
 * @throws StrakeError `no-matching-platform`
 */
export async function checkPlatform(image: Image, platform: Platform): Promise<void> {
  const { os, architecture, variant } = await image.config();
  if (os === "" || architecture === "") return;
  const offered: Platform = { os, architecture, ...(variant ? { variant } : {}) };
  if (matchesPlatform(offered, platform)) return;
  throw new StrakeError({
    code: "no-matching-platform",
    message: `it is an image for ${printPlatform(offered)}, not for ${printPlatform(platform)}`,
    notes: [`Build with --platform ${printPlatform(offered)}, or give .from() the option platform.`],
  });
}

async function digestOfFile(path: string): Promise<Digest> {
  const hasher = createHasher();
  for await (const chunk of readFileChunks(path)) hasher.update(chunk);
  return hasher.digest();
}
