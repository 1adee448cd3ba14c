import type { Descriptor } from "@strake/oci";

/** How a registry came to have a blob: it had it, it took it from another repository, or it was sent it. */
export type Sending = "there" | "mounted" | "sent";

/** Told how one blob gets from one place to another. */
export interface BlobWatcher {
  /** So many bytes of it have been moved; 0 when it begins, and less than before where it begins anew. */
  moved(bytes: number): void;
  /** It is where it should be, or will never be. */
  ended(how: Sending | "failed"): void;
}

/** Asked for a watcher when a blob's turn has come; of one that is still being made nothing may be known. */
export type WatchBlobs = (blob: Partial<Pick<Descriptor, "digest" | "size">>) => BlobWatcher;

/** Does what brings a blob somewhere, and tells the watcher what came of it. */
export async function watched(watcher: BlobWatcher | undefined, work: () => Promise<Sending>): Promise<Sending> {
  try {
    const how = await work();
    watcher?.ended(how);
    return how;
  } catch (error) {
    watcher?.ended("failed");
    throw error;
  }
}

/**
 * Passes a stream through and tells how much of it has been taken.
 *
 * @param start how much of the blob was there before
 */
export async function* counted(
  bytes: AsyncIterable<Uint8Array>,
  watcher: BlobWatcher | undefined,
  start = 0,
): AsyncGenerator<Uint8Array> {
  let moved = start;
  watcher?.moved(moved);
  for await (const chunk of bytes) {
    yield chunk;
    moved += chunk.length;
    watcher?.moved(moved);
  }
}
