/** The beginning of a stream: all of it, or what came first and how to go on. */
export type Beginning =
  | { readonly ended: true; readonly bytes: Uint8Array }
  | {
      readonly ended: false;
      /** All bytes from the first on; once, and undefined afterwards. */
      whole(): AsyncIterable<Uint8Array> | undefined;
      /** Ends the stream where nobody reads on; may be called at any time. */
      close(): Promise<void>;
    };

/**
 * Reads a stream until it ends or has given more than so many bytes.
 *
 * @param most how many bytes the whole may have to be given at once
 */
export async function readBeginning(stream: AsyncIterable<Uint8Array>, most: number): Promise<Beginning> {
  const iterator = stream[Symbol.asyncIterator]();
  const chunks: Uint8Array[] = [];
  for (let size = 0; size <= most; ) {
    const next = await iterator.next();
    if (next.done) return { ended: true, bytes: Buffer.concat(chunks) };
    chunks.push(next.value);
    size += next.value.length;
  }
  const close = async () => {
    await iterator.return?.();
  };
  let given = false;
  return {
    ended: false,
    whole() {
      if (given) return undefined;
      given = true;
      return goOn(chunks, iterator, close);
    },
    close,
  };
}

/** Reads a stream to its end. */
export async function collect(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* goOn(
  chunks: Uint8Array[],
  iterator: AsyncIterator<Uint8Array>,
  close: () => Promise<void>,
): AsyncGenerator<Uint8Array> {
  try {
    for (const chunk of chunks.splice(0)) yield chunk;
    for (;;) {
      const next = await iterator.next();
      if (next.done) return;
      yield next.value;
    }
  } finally {
    await close();
  }
}
