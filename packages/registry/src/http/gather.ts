import { ChunkWriter } from "@strake/oci";

/** How long bytes wait for others to fill a chunk, in milliseconds. */
export const patience = 100;

/**
 * Joins the pieces that a connection brings into chunks of 1 MiB, each in a buffer that may be given back.
 *
 * An encrypted connection brings 16 KiB at a time, and whatever is done with a piece costs as much as it would for a
 * whole chunk. On a slow line a chunk is handed out before it is full, and when the pieces end in an error, what came
 * before it is handed out first.
 *
 * @param next reads the next piece; its error comes out as it is
 */
export async function* gathered(next: () => Promise<IteratorResult<Uint8Array>>): AsyncGenerator<Uint8Array> {
  const chunk = new ChunkWriter();
  let timer: NodeJS.Timeout | undefined;
  let late: Promise<undefined> | undefined;
  const take = () => {
    clearTimeout(timer);
    late = undefined;
    return chunk.take();
  };
  const begin = () =>
    new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, patience, undefined);
    });
  try {
    let coming = next();
    for (;;) {
      let piece: IteratorResult<Uint8Array> | undefined;
      try {
        piece = await (late === undefined ? coming : Promise.race([coming, late]));
      } catch (error) {
        if (chunk.at > 0) yield take();
        throw error;
      }
      if (piece === undefined) {
        yield take();
        continue;
      }
      if (piece.done) break;
      for (let from = 0; from < piece.value.length; ) {
        from += chunk.write(piece.value, from);
        if (chunk.isFull) yield take();
      }
      if (chunk.at > 0) late ??= begin();
      coming = next();
      // A reader that leaves does not wait for it.
      coming.catch(() => {});
    }
    if (chunk.at > 0) yield take();
  } finally {
    clearTimeout(timer);
  }
}
