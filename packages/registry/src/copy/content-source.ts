import type { BlobDescriptor } from "../download.ts";

/** Where images are copied from: a repository of a registry, or a folder or a file on this machine. */
export interface ContentSource {
  /** What it is called in messages. */
  readonly name: string;
  /** Reads a document whole and verified: by its digest, or the one that the source's own name stands for. */
  document(digest?: string): Promise<SourceDocument>;
  /** Streams a blob; whoever reads it to its end has verified bytes. */
  blob(blob: BlobDescriptor): AsyncIterable<Uint8Array>;
  /** The repository that has the blobs, where a registry has them. */
  readonly place?: { readonly registry: string; readonly repository: string };
}

/** A manifest or an index as its source has it. */
export interface SourceDocument {
  readonly bytes: Uint8Array;
  /** What the source says that the bytes are; empty where it says nothing. */
  readonly mediaType: string;
}
