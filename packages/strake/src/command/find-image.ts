import { StrakeError } from "@strake/core";
import type { ImageRecord, Store } from "@strake/engine";

/**
 * Finds an image of the store by name, id or the beginning of an id; the first of its names stands for it.
 *
 * @throws StrakeError `no-such-image`, or `usage` where several images have ids that begin so
 */
export function findImage(store: Store, text: string): ImageRecord {
  const [found, ...others] = store.images.find(text);
  if (found === undefined) {
    throw new StrakeError({ code: "no-such-image", message: `there is no image "${text}" in the local store` });
  }
  if (others.some(({ id }) => id !== found.id)) {
    throw new StrakeError({ code: "usage", message: `several images have ids that begin with "${text}"` });
  }
  store.images.touch(found);
  return found;
}

/** Whether a text means an image by its id, or by the beginning of it. */
export function isIdOf({ id }: ImageRecord, text: string): boolean {
  return /^(?:sha256:)?[0-9a-f]{4,64}$/.test(text) && id.startsWith(`sha256:${text.replace(/^sha256:/, "")}`);
}

/** The images of a store that have names, once for each. */
export function namedRecords(store: Store): readonly (ImageRecord & { readonly name: string })[] {
  return store.images.list().flatMap(({ name, ...record }) => (name === undefined ? [] : [{ ...record, name }]));
}
