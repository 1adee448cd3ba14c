import type { Digest } from "@strake/oci";

/** What was written. */
export interface Written {
  readonly to: string;
  readonly id: Digest;
  /** The manifest's digest, where the place has manifests. */
  readonly digest: Digest;
  /** The place had this very image already, so nothing was written. */
  readonly unchanged: boolean;
}
