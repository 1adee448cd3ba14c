import type { Digest } from "../digest.ts";

/** A place for content under its own digest. */
export interface BlobStore {
  has(digest: Digest): Promise<boolean>;
  /** The length of a stored blob in bytes, or undefined where it is not stored. */
  size(digest: Digest): Promise<number | undefined>;
  /**
   * Streams a stored blob.
   *
   * @throws OciError `not-found`
   */
  get(digest: Digest): AsyncIterable<Uint8Array>;
  /**
   * Stores a blob, verifying it on the way; atomic, and nothing is left behind on failure.
   *
   * Storing what is there already reads nothing from the source.
   *
   * @throws OciError `digest-mismatch` when the content is not what the digest says
   */
  put(digest: Digest, content: AsyncIterable<Uint8Array> | Uint8Array): Promise<void>;
  /**
   * Stores content whose digest is not known yet; atomic like `put`.
   *
   * @returns the digest and the length that the content turned out to have
   */
  add(content: AsyncIterable<Uint8Array> | Uint8Array): Promise<{ digest: Digest; size: number }>;
  /** Where the blob is as a file of the host, for stores that keep files. */
  path?(digest: Digest): string;
}
