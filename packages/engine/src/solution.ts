import { digestOf, type Plan, type PlannedStep, plannedConfig } from "@strake/core";
import {
  type Compression,
  compressor,
  type DeflateBlock,
  type Digest,
  type DistantHasher,
  type Image,
  imageFrom,
  type Layer,
  packedLayer,
  recompressed,
} from "@strake/oci";
import { keptPacked } from "./operation/kept-packed.ts";
import { worthThread } from "./operation/recipe-layer.ts";
import type { SolvedLayer } from "./solve/solved.ts";
import type { StepReport } from "./solve/step-report.ts";
import type { ActionRecord } from "./store/action-cache.ts";
import type { Store } from "./store/store.ts";

/** How the image of a solution is to be packed. */
export interface Packing {
  /** Of the layers that the plan makes; layers of a base stay as they are unless `whole` is said. */
  readonly compression: Compression;
  readonly level?: number;
  /** Every layer is packed this way, those of the base too. */
  readonly whole?: boolean;
  readonly mediaTypes?: "oci" | "docker";
  /** What is packed is kept in the store, since it will be read several times. */
  readonly keep?: boolean;
}

/** What packs large layers in other threads, where the machine has a way. */
export interface PackingThreads {
  readonly hashStream?: () => DistantHasher;
  readonly deflateStream?: () => DeflateBlock;
}

/** What a plan came to: the layers of its image, and how each step was found. */
export class Solution {
  readonly plan: Plan;
  readonly reports: readonly StepReport[];
  readonly #layers: readonly SolvedLayer[];
  readonly #packed: { readonly solved: SolvedLayer; readonly layer: Layer; readonly by: string }[] = [];
  readonly #records = new Map<string, ActionRecord | undefined>();
  readonly #threads: PackingThreads;
  #store: Store | undefined;

  constructor(
    plan: Plan,
    layers: readonly SolvedLayer[],
    reports: readonly StepReport[],
    store?: Store,
    threads: PackingThreads = {},
  ) {
    this.plan = plan;
    this.reports = reports;
    this.#layers = layers;
    this.#store = store;
    this.#threads = threads;
  }

  /** What the image is known by before any of its bytes are made: the same key, the same image. */
  get key(): Digest {
    return digestOf({ layers: this.#layers.map((layer) => layer.key), image: this.plan.image });
  }

  /** The steps that have to be done before the image's digests can be known. */
  get waitsOn(): readonly PlannedStep[] {
    return this.#layers.flatMap(({ waitsOn }) => (waitsOn === undefined ? [] : [waitsOn]));
  }

  /** The image, packed in some way; lazy, as every image is. */
  image(packing: Packing): Image {
    const annotations = this.plan.image.annotations ?? {};
    return imageFrom({
      config: plannedConfig(this.plan),
      layers: this.#layers.map((solved) => this.#pack(solved, packing)),
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
      ...(packing.mediaTypes === undefined ? {} : { mediaTypes: packing.mediaTypes }),
    });
  }

  /** Writes down what is known by now of the layers that the plan made. */
  keep(store: Store): void {
    for (const { key, layer, own } of this.#layers) {
      if (!own) continue;
      const { diffId, size } = layer.known?.() ?? {};
      const packed = this.#packed.filter((entry) => entry.solved.key === key);
      const learned =
        diffId ?? packed.map((entry) => entry.layer.known?.().diffId).find((found) => found !== undefined);
      const before = store.actions.get(key);
      const length = size ?? before?.length;
      if (learned === undefined) {
        store.actions.touch(key);
        continue;
      }
      const forms = Object.fromEntries(
        packed.flatMap(({ layer, by }) => {
          const known = layer.known?.() ?? {};
          return known.digest === undefined || known.size === undefined
            ? []
            : [[by, { digest: known.digest, size: known.size }]];
        }),
      );
      const record: ActionRecord = { diffId: learned, length: length ?? 0, packed: { ...before?.packed, ...forms } };
      if (JSON.stringify(before) === JSON.stringify(record)) store.actions.touch(key);
      else store.actions.set(key, record);
    }
  }

  #pack(solved: SolvedLayer, packing: Packing): Layer {
    if (!solved.own)
      return packing.whole ? recompressed(solved.layer, packing.compression, packing.level) : solved.layer;
    if (packing.compression === "none") return solved.layer;
    const by = compressor(packing.compression, packing.level);
    const store = packing.keep ? this.#store : undefined;
    const layer = sharedLayer(solved, store === undefined ? by : `${by}, kept`, () => {
      const packed = this.#packAnew(solved, packing, by);
      return store === undefined ? packed : keptPacked(packed, store);
    });
    this.#packed.push({ solved, layer, by });
    return layer;
  }

  #packAnew(solved: SolvedLayer, packing: Packing, by: string): Layer {
    const record = this.#record(solved);
    const known = record?.packed?.[by];
    const isLarge = async () => ((await solved.layer.uncompressedSize?.()) ?? 0) >= worthThread;
    return packedLayer({
      open: () => ({
        [Symbol.asyncIterator]: () => solved.layer.uncompressed()[Symbol.asyncIterator](),
        diffId: () => solved.layer.diffId(),
      }),
      compression: packing.compression,
      ...(packing.level === undefined ? {} : { level: packing.level }),
      known: { ...(record === undefined ? {} : { diffId: record.diffId }), ...known },
      diffId: () => solved.layer.diffId(),
      hashElsewhere: async () => ((await isLarge()) ? this.#threads.hashStream?.() : undefined),
      deflateElsewhere: async () => ((await isLarge()) ? this.#threads.deflateStream?.() : undefined),
      uncompressedSize: async () => solved.layer.uncompressedSize?.(),
    });
  }

  #record(solved: SolvedLayer): ActionRecord | undefined {
    if (!this.#records.has(solved.key)) this.#records.set(solved.key, this.#store?.actions.get(solved.key));
    return this.#records.get(solved.key);
  }
}

/** What was packed of a layer, by compressor: images that have a layer in common pack it once, and find out about it once. */
const packedBy = new WeakMap<SolvedLayer, Map<string, Layer>>();

function sharedLayer(solved: SolvedLayer, by: string, pack: () => Layer): Layer {
  const packed = packedBy.get(solved) ?? new Map<string, Layer>();
  packedBy.set(solved, packed);
  const layer = packed.get(by) ?? pack();
  packed.set(by, layer);
  return layer;
}
