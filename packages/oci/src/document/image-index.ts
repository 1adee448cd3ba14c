import type { Descriptor } from "./descriptor.ts";

/** A list of manifests, by platform or otherwise (OCI image spec, "Image Index"; Docker's manifest list). */
export interface ImageIndex {
  readonly schemaVersion: 2;
  readonly mediaType: string;
  readonly artifactType?: string;
  readonly manifests: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}
