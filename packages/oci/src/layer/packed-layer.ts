import { compress } from "../compression/compress.ts";
import type { DeflateBlock } from "../compression/deflate-block.ts";
import type { Digest } from "../digest.ts";
import { createHasher, type DistantHasher } from "../hash.ts";
import { type Compression, layerMediaType } from "../media-type.ts";
import { OciError } from "../oci-error.ts";
import { giveBackChunk } from "../tar/chunk-buffers.ts";
import type { Entry } from "../tree/entry.ts";
import type { KnownOfLayer, Layer } from "./layer.ts";
import { once } from "./once.ts";

/** The bytes of an uncompressed layer tar. */
export interface TarSource extends AsyncIterable<Uint8Array> {
  /** The digest of the bytes, once they have been read to the end, for sources that compute it themselves. */
  readonly diffId?: () => Promise<Digest>;
}

/** How to make a layer's bytes. */
export interface PackedLayerOptions {
  /** Opens the uncompressed tar; called for each reading, and gives the same bytes each time. */
  readonly open: () => TarSource;
  readonly compression: Compression;
  readonly level?: number;
  readonly known?: KnownOfLayer;
  /** Asks for the diff id where that costs less than reading the tar. */
  readonly diffId?: () => Promise<Digest>;
  readonly uncompressedSize?: () => Promise<number | undefined>;
  /** Computes a digest elsewhere, where that is worth it; undefined where it is not. */
  readonly hashElsewhere?: () => Promise<DistantHasher | undefined>;
  /** Tells how to deflate elsewhere, where that is worth it; undefined where it is not. */
  readonly deflateElsewhere?: () => Promise<DeflateBlock | undefined>;
  readonly entries?: () => readonly Entry[];
  readonly annotations?: Readonly<Record<string, string>>;
}

/**
 * Makes a layer of an uncompressed tar that is packed whenever it is read.
 *
 * Digests and sizes are computed by streaming, at most once, and kept; the bytes are not. A reading whose bytes differ
 * from what is known fails at its end with OciError `digest-mismatch`.
 */
export function packedLayer(options: PackedLayerOptions): Layer {
  const { compression } = options;
  const ledger = new Ledger(compression, options.known ?? {});
  const askDiffId = once(async () => options.diffId?.() ?? (await drained(uncompressed(), ledger)).diffId);
  const pack = once(async () => drained(compressed(), ledger));

  async function* uncompressed(): AsyncGenerator<Uint8Array> {
    const source = options.open();
    const hasher = source.diffId === undefined ? ((await options.hashElsewhere?.()) ?? createHasher()) : undefined;
    let length = 0;
    for await (const chunk of source) {
      length += chunk.length;
      const updating = hasher?.update(chunk);
      if (updating !== undefined) await updating;
      yield chunk;
    }
    const diffId = await (hasher?.digest() ?? (source.diffId as () => Promise<Digest>)());
    ledger.enter(compression === "none" ? { diffId, digest: diffId, size: length } : { diffId });
  }

  async function* compressed(): AsyncGenerator<Uint8Array> {
    // The digest of the packed bytes, where it is known, answers for the tar within.
    const tar = ledger.known.digest === undefined ? uncompressed() : options.open();
    const hasher = (await options.hashElsewhere?.()) ?? createHasher();
    let size = 0;
    for await (const chunk of compress(tar, compression, options.level, await options.deflateElsewhere?.())) {
      size += chunk.length;
      const updating = hasher.update(chunk);
      if (updating !== undefined) await updating;
      yield chunk;
    }
    ledger.enter({ digest: await hasher.digest(), size });
  }

  return {
    mediaType: layerMediaType(compression),
    ...(options.annotations === undefined ? {} : { annotations: options.annotations }),
    ...(options.entries === undefined ? {} : { entries: options.entries }),
    known: () => ledger.known,
    diffId: async () => ledger.known.diffId ?? (await askDiffId()),
    digest: async () => ledger.known.digest ?? (compression === "none" ? await askDiffId() : (await pack()).digest),
    size: async () => {
      if (ledger.known.size !== undefined) return ledger.known.size;
      const plain = compression === "none" ? await options.uncompressedSize?.() : undefined;
      return plain ?? (await pack()).size;
    },
    compressed: compression === "none" ? uncompressed : compressed,
    uncompressed,
    uncompressedSize: async () => {
      return compression === "none"
        ? (ledger.known.size ?? options.uncompressedSize?.())
        : options.uncompressedSize?.();
    },
  };
}

/** What is known of a layer, growing as its bytes are read, and never contradicting itself. */
class Ledger {
  known: KnownOfLayer;

  constructor(compression: Compression, known: KnownOfLayer) {
    const same = known.digest ?? known.diffId;
    this.known = compression === "none" && same !== undefined ? { ...known, diffId: same, digest: same } : known;
  }

  enter(found: KnownOfLayer): void {
    for (const name of ["diffId", "digest", "size"] as const) {
      const before = this.known[name];
      if (found[name] === undefined || before === undefined || found[name] === before) continue;
      throw new OciError(
        "digest-mismatch",
        `the bytes of the layer ${this.known.diffId ?? ""} have changed since its ${name} was computed: ` +
          `it was ${before} and is ${found[name]}; build again when the sources are at rest`,
      );
    }
    this.known = { ...this.known, ...found };
  }
}

/** Reads a stream to its end and tells what is known then. */
async function drained(source: AsyncIterable<Uint8Array>, ledger: Ledger): Promise<Required<KnownOfLayer>> {
  for await (const chunk of source) giveBackChunk(chunk);
  return ledger.known as Required<KnownOfLayer>;
}
