import type { BlockToDeflate, Digest, FilePiece, TimesOfPieces } from "@strake/oci";
import type { DirectoryListing } from "./directory-listing.ts";
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

/** Pieces of files to read into a buffer in shared memory. */
export interface PiecesToRead {
  readonly buffer: Uint8Array;
  readonly pieces: readonly FilePiece[];
}

/** A block to deflate into a buffer in shared memory. */
export interface DeflateRequest {
  readonly deflate: BlockToDeflate;
  readonly into: Uint8Array;
}

/** Directories to list. */
export interface DirectoriesToList {
  readonly directories: readonly string[];
}

/** What a thread is asked. */
export type ThreadRequest = HashBatch | StreamPart | PiecesToRead | DeflateRequest | DirectoriesToList;

/**
 * What it answers: of a batch the digests, of a part of a stream that it has been taken in, of its end the digest, of
 * pieces their files' times, of a block its checksum and how long it has become, or its bytes where they do not fit, and
 * of directories what is in them, where they can be read.
 */
export type ThreadAnswer =
  | { readonly first: number; readonly digests: readonly Digest[] }
  | { readonly stream: number; readonly digest?: Digest }
  | { readonly times: TimesOfPieces }
  | { readonly crc: number; readonly deflated: number | Uint8Array }
  | { readonly listings: readonly (DirectoryListing | undefined)[] }
  | { readonly failure: { readonly code: string; readonly message: string; readonly notes: readonly string[] } };
