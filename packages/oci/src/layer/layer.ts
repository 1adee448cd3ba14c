import type { Digest } from "../digest.ts";
import type { Entry } from "../tree/entry.ts";

/** What may be known of a layer before any of its bytes have been read. */
export interface KnownOfLayer {
  readonly diffId?: Digest;
  readonly digest?: Digest;
  readonly size?: number;
}

/**
 * One layer of an image, as a promise of bytes: nothing is computed or moved until it is asked for.
 *
 * Every method may be called any number of times and gives the same answer. A stream that has been read to its end has
 * been checked against what is known of the layer, and what was not known is known from then on, so that nobody has to
 * make the bytes twice.
 */
export interface Layer {
  /** The media type of what `compressed()` yields. */
  readonly mediaType: string;
  readonly annotations?: Readonly<Record<string, string>>;
  /** The digest of the uncompressed tar, as in the config's `rootfs.diff_ids`. */
  diffId(): Promise<Digest>;
  /** The digest of the bytes as they are kept in a registry, as in the manifest. */
  digest(): Promise<Digest>;
  /** The length of the bytes as they are kept in a registry. */
  size(): Promise<number>;
  compressed(): AsyncIterable<Uint8Array>;
  uncompressed(): AsyncIterable<Uint8Array>;
  /** The length of the uncompressed tar, where it is known without reading. */
  uncompressedSize?(): Promise<number | undefined>;
  /** What can be told at once; absent for layers of which everything is known. */
  known?(): KnownOfLayer;
  /** The entries that `uncompressed()` writes, for layers that are recipes: whiteouts under their `.wh.` names. */
  entries?(): readonly Entry[];
}
