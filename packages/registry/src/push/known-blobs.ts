import type { Digest } from "@strake/oci";

/**
 * What is remembered, from one process to the next, of the blobs that one registry has.
 *
 * It may be out of date: a registry removes what it likes. Whoever relied on it finds out at the latest when a manifest
 * is refused, has the repository forgotten, and asks for each blob.
 */
export interface KnownBlobs {
  /** Whether anything is remembered of a repository. */
  knows(repository: string): boolean;
  /** Whether a repository had a blob when it was last heard of. */
  has(repository: string, digest: Digest): boolean;
  /** The repositories that had a blob, the likeliest first. */
  places(digest: Digest): readonly string[];
  /** Remembers that a repository has some blobs now. */
  note(repository: string, digests: readonly Digest[]): void;
  /** Forgets what a repository had. */
  forget(repository: string): void;
}

/** Remembers nothing. */
export const nothingKnown: KnownBlobs = {
  knows: () => false,
  has: () => false,
  places: () => [],
  note() {},
  forget() {},
};
