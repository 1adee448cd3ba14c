import type { Digest, ImageConfig } from "@strake/oci/document";

/**
 * Everything that was looked up outside: each name and platform with the digest it stood for and its config.
 *
 * The keys are `resolutionKey`'s.
 */
export type Resolution = ReadonlyMap<string, ResolvedBase>;

/** A base as it was found. */
export interface ResolvedBase {
  /** The digest of the platform's own manifest; for a root file system tar, that of the file. */
  readonly digest: Digest;
  /** Absent for a root file system tar, which has none. */
  readonly config?: ImageConfig;
}

/** The name of something outside as a definition says it. */
export type OutsideName =
  /** A full image name, as `printReference` writes it. */
  | { readonly type: "image"; readonly name: string; readonly platform: string }
  | {
      readonly type: "ociLayout" | "archive" | "rootfs";
      /** Absolute. */
      readonly path: string;
      readonly reference?: string;
      readonly platform: string;
    };

/** The key of a name in a resolution. */
export function resolutionKey(name: OutsideName): string {
  if (name.type === "image") return `${name.name} ${name.platform}`;
  return `${name.type}:${name.path}${name.reference === undefined ? "" : `#${name.reference}`} ${name.platform}`;
}
