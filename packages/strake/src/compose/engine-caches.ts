import { type BuildEvent, digestOf } from "@strake/core";
import type { CacheOption } from "@strake/daemon";
import { Solution } from "@strake/engine";
import {
  type Digest,
  describeTag,
  findStoredImage,
  type Image,
  imageFrom,
  isDigest,
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
import type { TargetImages } from "./build-targets.ts";
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

/** The label of a cache's config that tells which command made which layer. */
const label = "strake.cache.v1";

/**
 * Caches of commands that machines share: `--cache-from` and `--cache-to` of the types `registry` and `local`.
 *
 * A cache is an image, so whatever holds images holds it. Its layers are what commands made, and a label of its config
 * has their places by the commands' content keys. Only commands are kept: everything else is found out faster than it
 * is fetched.
 */
export class EngineCaches {
  readonly #session: Session;
  readonly #options: EngineCacheOptions;
  #opened: Promise<readonly ReadonlyMap<Digest, Layer>[]> | undefined;

  constructor(session: Session, options: EngineCacheOptions) {
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
    for (const { option, layers } of caches.values()) await this.#write(option, cacheImage(layers));
  }

  async #write(option: CacheOption, image: Image): Promise<void> {
    const { type, attributes } = option;
    const { signal } = this.#options;
    const { ref, dest, tag = "latest" } = attributes;
    if (type === "registry" && ref !== undefined) {
      const pusher = new ImagePusher(this.#session);
      await this.#shown(`exporting cache to ${ref}`, () => pusher.push([image], [parseReference(ref)]));
    } else if (type === "local" && dest !== undefined) {
      await this.#shown(`exporting cache to ${dest}`, () =>
        updateOciLayout(dest, async (blobs) => [describeTag(await storeImage(blobs, image, signal), tag)], { signal }),
      );
    } else this.#leaveOut("--cache-to", type);
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
      return await this.#shown(`importing cache from ${place}`, async () =>
        readCache(await this.#image(option, place)),
      );
    } catch {
      // The step has said it, and all commands can run.
      this.#options.signal.throwIfAborted();
      return new Map();
    }
  }

  async #image({ type, attributes }: CacheOption, place: string): Promise<Image> {
    if (type === "registry") return (await this.#session.registry()).get(parseReference(place), linuxAmd64);
    const { images } = await readOciLayout(place);
    return findStoredImage(images, attributes.digest ?? attributes.tag ?? "latest", place).image();
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

function cacheImage(layers: ReadonlyMap<Digest, Layer>): Image {
  // In the order of the keys, so that the same commands make the same cache.
  const sorted = [...layers].sort(([left], [right]) => (left < right ? -1 : 1));
  const commands = Object.fromEntries(sorted.map(([command], at) => [command, at]));
  return imageFrom({
    config: {
      // A cache has commands of any platform; this says nothing, and is what is asked for.
      os: linuxAmd64.os,
      architecture: linuxAmd64.architecture,
      config: { Labels: { [label]: JSON.stringify(commands) } },
      history: [],
    },
    layers: sorted.map(([, layer]) => recompressed(layer, "gzip")),
  });
}

async function readCache(image: Image): Promise<ReadonlyMap<Digest, Layer>> {
  const text = (await image.config()).config?.Labels?.[label];
  if (text === undefined) throw new Error("it is not a cache that strake has written");
  const layers = await image.layers();
  const commands: unknown = JSON.parse(text);
  return new Map(
    Object.entries(commands ?? {}).flatMap(([command, at]): [Digest, Layer][] => {
      const layer = layers[at as number];
      return isDigest(command) && layer !== undefined ? [[command, layer]] : [];
    }),
  );
}
