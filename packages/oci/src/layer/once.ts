/**
 * Computes a value once for all that ask for it.
 *
 * A failure goes to those who wait for it and is forgotten, so that the next who asks tries again.
 */
export function once<T>(compute: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () => {
    running ??= compute().catch((error: unknown) => {
      running = undefined;
      throw error;
    });
    return running;
  };
}
