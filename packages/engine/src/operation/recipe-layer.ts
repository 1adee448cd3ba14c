import {
  type Digest,
  type Entry,
  packedLayer,
  type ReadPieces,
  tarLength,
  writeTar,
  writeTarElsewhere,
} from "@strake/oci";
import type { SolveContext } from "../solve/solve-context.ts";
import type { SolvedLayer } from "../solve/solved.ts";

/** From so many bytes on, a layer is read, hashed and packed in other threads. */
export const worthThread: number = 32 * 1024 * 1024;

/**
 * A layer that is a list of entries: its tar exists only while somebody reads it.
 *
 * What an earlier build found out about the bytes is taken from the store, and the entries are made only when asked
 * for, so that an unchanged step costs no more than its key.
 *
 * @param make makes the entries; the tar needs no digests of their contents
 * @param fresh what an earlier build found out is not believed
 * @param complete adds the digests of contents, for whoever looks into the layer
 */
export function recipeLayer(
  context: SolveContext,
  key: Digest,
  make: () => Promise<readonly Entry[]>,
  fresh = false,
  complete: (entries: readonly Entry[]) => Promise<readonly Entry[]> = async (list) => list,
): SolvedLayer {
  const record = fresh ? undefined : context.store.actions.get(key);
  const { epoch } = context.plan.image;
  let made: Promise<readonly Entry[]> | undefined;
  const entries = () => {
    made ??= make();
    return made;
  };
  const layer = packedLayer({
    open: () => writeEntries(entries, epoch, context.readPieces),
    compression: "none",
    hashElsewhere: async () => (isLarge(await entries()) ? context.hashStream?.() : undefined),
    ...(record === undefined ? {} : { known: { diffId: record.diffId, digest: record.diffId, size: record.length } }),
    uncompressedSize: async () => tarLength(await entries(), { epoch }),
  });
  let completed: Promise<readonly Entry[]> | undefined;
  const completeEntries = () => {
    completed ??= entries().then(complete);
    return completed;
  };
  return { key, layer, own: true, entries: completeEntries };
}

/** Whether reading and hashing the tar takes longer than starting threads for it. */
function isLarge(entries: readonly Entry[]): boolean {
  return entries.reduce((sum, { size }) => sum + size, 0) >= worthThread;
}

async function* writeEntries(
  entries: () => Promise<readonly Entry[]>,
  epoch: number,
  readPieces: ReadPieces | undefined,
): AsyncGenerator<Uint8Array> {
  const list = await entries();
  if (readPieces !== undefined && isLarge(list)) yield* writeTarElsewhere(list, { epoch }, readPieces);
  else yield* writeTar(list, { epoch });
}
