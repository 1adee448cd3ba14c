import type { Digest } from "../digest.ts";
import type { Platform } from "../platform.ts";

/** What points to content: its type, digest and size (OCI image spec, "Content Descriptors"). */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** Length of the content in bytes. */
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: Platform;
  readonly urls?: readonly string[];
  readonly artifactType?: string;
  /** Base64 of the content itself, for small content. */
  readonly data?: string;
}
