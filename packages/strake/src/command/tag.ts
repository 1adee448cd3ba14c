import type { Store } from "@strake/engine";
import { parseReference } from "@strake/oci";
import { findImage } from "./find-image.ts";

/** Gives an image of the store one more name; a name that another image has moves. */
export function tagImage(store: Store, source: string, target: string): void {
  const { manifest, id, size } = findImage(store, source);
  store.images.set(parseReference(target), { manifest, id, size, named: Date.now() });
}
