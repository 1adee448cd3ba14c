import type { Digest } from "@strake/oci";
import type { FileToHash } from "./fingerprint.ts";

/** Files of a larger list, from its place `first` on. */
export interface HashBatch {
  readonly first: number;
  readonly files: readonly FileToHash[];
}

/** What follows in a stream; without a chunk, its digest is wanted. */
export interface StreamPart {
  readonly stream: number;
  readonly chunk?: Uint8Array;
}

/** What a thread that hashes is asked. */
export type HashRequest = HashBatch | StreamPart;

/** What it answers: of a batch the digests, of a part of a stream that it has been taken in, and of its end the digest. */
export type HashAnswer =
  | { readonly first: number; readonly digests: readonly Digest[] }
  | { readonly stream: number; readonly digest?: Digest }
  | { readonly failure: { readonly code: string; readonly message: string; readonly notes: readonly string[] } };
