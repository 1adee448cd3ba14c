import type { Compression } from "../media-type.ts";
import { tarLength, writeTar } from "../tar/write-tar.ts";
import type { Entry } from "../tree/entry.ts";
import type { KnownOfLayer, Layer } from "./layer.ts";
import { packedLayer, type TarSource } from "./packed-layer.ts";

/** What makes a list of entries a layer. */
export interface EntriesLayerOptions {
  /** The latest time that a file has, in seconds since 1970: later ones become it. */
  readonly epoch?: number;
  readonly compression: Compression;
  readonly level?: number;
  /** What an earlier build found out; a reading that finds otherwise fails. */
  readonly known?: KnownOfLayer;
  /** Opens the tar that `writeTar` makes of the entries, for callers that make it elsewhere, as in a worker. */
  readonly open?: () => TarSource;
  readonly annotations?: Readonly<Record<string, string>>;
}

/**
 * Makes a layer of a list of entries: a recipe, whose tar exists only while somebody reads it.
 *
 * @param entries in the order of the tar; whiteouts under their `.wh.` names
 */
export function layerFromEntries(entries: readonly Entry[], options: EntriesLayerOptions): Layer {
  const { epoch, open, ...rest } = options;
  const tar = epoch === undefined ? {} : { epoch };
  let length: number | undefined;
  return packedLayer({
    ...rest,
    open: open ?? (() => inTurns(writeTar(entries, tar))),
    entries: () => entries,
    uncompressedSize: async () => {
      length ??= tarLength(entries, tar);
      return length;
    },
  });
}

async function* inTurns(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* chunks;
}
