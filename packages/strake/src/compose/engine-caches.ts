import { type BuildEvent, digestOf } from "@strake/core";
import type { CacheOption } from "@strake/daemon";
import { Solution } from "@strake/engine";
import {
  type BlobStore,
  type Digest,
  describeTag,
  findStoredImage,
  type Image,
  type Layer,
  linuxAmd64,
  type Platform,
  parseReference,
  printPlatform,
  readOciLayout,
  recompressed,
  storeImage,
  updateOciLayout,
} from "@strake/oci";
import { imageCaches } from "../builder/image-caches.ts";
import { usageError } from "../command/usage-error.ts";
import type { TargetImages } from "./build-targets.ts";
import { cacheImage, readCacheImage } from "./cache-image.ts";
import { checkOutputFolder } from "./check-path.ts";
import { ImagePusher } from "./push-images.ts";
import type { Session } from "./session.ts";

/** What the engine's caches of one build are. */
export interface EngineCacheOptions {
  readonly from: readonly CacheOption[];
  readonly to: readonly CacheOption[];
  /** What is built: the names `{image}` and `{platform}` of an option stand for these. */
  readonly images: () => readonly { readonly name: string; readonly platforms: readonly Platform[] }[];
  readonly progress: (event: BuildEvent) => void;
  readonly signal: AbortSignal;
}

/** What a cache in a layout is called where nobody says. */
const latest = "latest";

/**
 * Caches of commands that machines share: `--cache-from` and `--cache-to` of the types `registry` and `local`.
 *
 * Only commands are kept: everything else is found out faster than it is fetched.
 */
export class EngineCaches {
  readonly #session: Session;
  readonly #options: EngineCacheOptions;
  #opened: Promise<readonly ReadonlyMap<Digest, Layer>[]> | undefined;

  /**
   * @throws StrakeError `usage` for a folder that is missing, OciError for a name that is none
   */
  constructor(session: Session, options: EngineCacheOptions) {
    check(options.from, "--cache-from", "src");
    check(options.to, "--cache-to", "dest");
    this.#session = session;
    this.#options = options;
  }

  /** The layer that a command made elsewhere. Caches are opened when the first command asks. */
  readonly find = async (command: Digest): Promise<Layer | undefined> => {
    this.#opened ??= this.#openAll();
    return (await this.#opened).find((layers) => layers.has(command))?.get(command);
  };

  /** Writes what the commands of some targets made, by whichever build; those that a daemon has built are left out. */
  async write(targets: readonly TargetImages[]): Promise<void> {
    const caches = new Map<string, { readonly option: CacheOption; readonly layers: Map<Digest, Layer> }>();
    for (const { name, solved } of targets) {
      for (const { solution } of solved) {
        if (!(solution instanceof Solution)) continue;
        const { plan } = solution;
        for (const option of imageCaches(this.#options.to, name, plan.platform)) {
          const key = JSON.stringify(option);
          const cache = caches.get(key) ?? { option, layers: new Map() };
          caches.set(key, cache);
          const all = option.attributes.mode === "max";
          for (const [command, layer] of this.#session.engine.commandLayers(plan, all))
            cache.layers.set(command, layer);
        }
      }
    }
    for (const { option, layers } of caches.values()) await this.#write(option, layers);
  }

  async #write(option: CacheOption, layers: ReadonlyMap<Digest, Layer>): Promise<void> {
    const { type, attributes } = option;
    const place = type === "registry" ? attributes.ref : type === "local" ? attributes.dest : undefined;
    if (place === undefined) return this.#leaveOut("--cache-to", type);
    await this.#shown(`exporting cache to ${place}`, async () => {
      // What is there already is packed: only layers of commands that have come since take time.
      const before = await this.#read(option, place).catch(() => new Map<Digest, Layer>());
      try {
        await this.#put(option, place, await packed(layers, before));
      } catch (error) {
        this.#options.signal.throwIfAborted();
        if (before.size === 0) throw error;
        // The cache may have lost some of what it says it has.
        await this.#put(option, place, await packed(layers, new Map()));
      }
    });
  }

  async #put({ type, attributes }: CacheOption, place: string, image: Image): Promise<void> {
    const { signal } = this.#options;
    if (type === "registry") {
      await new ImagePusher(this.#session).push([image], [parseReference(place)]);
      return;
    }
    const { tag = latest } = attributes;
    const store = async (blobs: BlobStore) => [describeTag(await storeImage(blobs, image, signal), tag)];
    await updateOciLayout(place, store, { signal });
  }

  async #openAll(): Promise<readonly ReadonlyMap<Digest, Layer>[]> {
    const meant = this.#options
      .images()
      .flatMap(({ name, platforms }) =>
        platforms.flatMap((platform) => imageCaches(this.#options.from, name, printPlatform(platform))),
      );
    const distinct = new Map(meant.map((option) => [JSON.stringify(option), option]));
    return Promise.all([...distinct.values()].map((option) => this.#open(option)));
  }

  /** Opens a cache; one that is not there, as before the first build, or cannot be read is empty. */
  async #open(option: CacheOption): Promise<ReadonlyMap<Digest, Layer>> {
    const { type, attributes } = option;
    const { ref, src } = attributes;
    const place = type === "registry" ? ref : type === "local" ? src : undefined;
    if (place === undefined) {
      this.#leaveOut("--cache-from", type);
      return new Map();
    }
    try {
      return await this.#shown(`importing cache from ${place}`, () => this.#read(option, place));
    } catch {
      // The step has said it, and all commands can run.
      this.#options.signal.throwIfAborted();
      return new Map();
    }
  }

  async #read({ type, attributes }: CacheOption, place: string): Promise<ReadonlyMap<Digest, Layer>> {
    if (type === "registry") {
      const registry = await this.#session.registry();
      return readCacheImage(await registry.get(parseReference(place), linuxAmd64));
    }
    const { images } = await readOciLayout(place);
    return readCacheImage(await findStoredImage(images, attributes.digest ?? attributes.tag ?? latest, place).image());
  }

  #leaveOut(option: string, type: string): void {
    const message = `${option} type=${type} has no effect on the engine, whose caches are of the types registry and local`;
    this.#options.progress({ type: "note", message });
  }

  /** Does something as a step of its own. */
  async #shown<T>(title: string, work: () => Promise<T>): Promise<T> {
    const { progress, images } = this.#options;
    const step = digestOf(["cache", title]);
    const started = performance.now();
    progress({ type: "started", step, image: images()[0]?.name ?? "cache", title });
    try {
      const made = await work();
      progress({ type: "finished", step, cached: false, milliseconds: performance.now() - started });
      return made;
    } catch (error) {
      progress({ type: "failed", step, message: (error as Error).message });
      throw error;
    }
  }
}

/** What is wrong with a cache is said before anything is built. */
function check(caches: readonly CacheOption[], option: string, folder: "src" | "dest"): void {
  for (const { type, attributes } of imageCaches(caches, "image", "platform")) {
    if (type === "registry") parseReference(attributes.ref ?? "");
    if (type !== "local") continue;
    const place = attributes[folder];
    if (!place) throw usageError(`${option} type=local: ${folder}=FOLDER is missing`);
    if (folder === "dest") checkOutputFolder(`${option} type=local,dest=${place}`, place);
  }
}

/** The image of a cache, with the layers as they are packed there already, where they are the same. */
async function packed(layers: ReadonlyMap<Digest, Layer>, before: ReadonlyMap<Digest, Layer>): Promise<Image> {
  const made = [...layers].map(async ([command, layer]): Promise<[Digest, Layer]> => {
    const kept = before.get(command);
    const isSame = kept !== undefined && (await kept.diffId()) === (await layer.diffId());
    return [command, isSame ? kept : recompressed(layer, "gzip")];
  });
  return cacheImage(new Map(await Promise.all(made)));
}
