import type { Descriptor } from "./descriptor.ts";

/** The manifest of one image (OCI image spec, "Image Manifest"; Docker's schema 2 has the same fields). */
export interface Manifest {
  readonly schemaVersion: 2;
  readonly mediaType: string;
  readonly artifactType?: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}
