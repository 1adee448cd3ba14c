import type { Store } from "@strake/engine";
import { familiarReference, parseReference } from "@strake/oci";
import { findImage } from "./find-image.ts";
import { usageError } from "./usage-error.ts";

/** Gives an image of the store one more name; a name that another image has moves. */
export function tagImage(store: Store, source: string, target: string): void {
  const reference = parseReference(target);
  if (reference.digest !== undefined) {
    throw usageError(`${target} has a digest, which an image has by itself`, "Name it with a tag, or with none.");
  }
  // As docker: what begins so is an id.
  if (familiarReference(reference).startsWith("sha256:")) {
    throw usageError(`${target} would be taken for the digest of an image`, "Choose another name than sha256.");
  }
  const { manifest, id, size } = findImage(store, source);
  store.images.set(reference, { manifest, id, size, named: Date.now() });
}
